import { apiOf } from './support/api.js';
import { startEnvoy, type Envoy, type Variant } from './support/envoy.js';
import { eventually } from './support/eventually.js';
import { figure } from './support/figure.js';
import { startPolarisGo, type PolarisGo } from './support/polaris-go.js';
import { sendRequests, shareOf, streamRequests } from './support/requests.js';
import { startThuban, type Thuban } from './support/thuban.js';
import { describeWith, type SdkVersion } from './support/tools.js';

// 1,000 requests: three and a half standard deviations around the share that the weights ask for are below 0.06.
const REQUESTS = 1_000;
const TOLERANCE = 0.06;

const LINES: readonly { readonly sdk: SdkVersion; readonly variant: Variant }[] = [
  { sdk: '1.7.0', variant: 'delta' },
  { sdk: '1.6.1', variant: 'delta' },
  { sdk: '1.7.0', variant: 'sotw' },
];

// One for all: the lines use services of their own.
let thuban: Thuban;
beforeAll(async () => {
  thuban = await startThuban();
});
afterAll(() => thuban?.dispose());

for (const { sdk, variant } of LINES)
  describeWith(['envoy', 'polaris-go'], `polaris-go ${sdk} → Thuban → Envoy (${variant})`, () => {
    let envoy: Envoy;
    let blue: PolarisGo;
    let green: PolarisGo;
    const ports = { blue: 0, green: 0 };
    const service = `echo-${sdk.replaceAll('.', '')}-${variant}`;
    const api = () => apiOf(thuban.http);

    const serve = async (provider: PolarisGo, name: string): Promise<number> =>
      (await provider.ask('serve', { name })).port!;
    // With a TTL the SDK sends heartbeats by itself, as it does for most of its users.
    const register = (provider: PolarisGo, port: number, weight: number): Promise<unknown> =>
      provider.ask('register', {
        service,
        host: '127.0.0.1',
        port,
        weight,
        metadata: { color: 'some' },
        ttl: 2,
      });
    const deregister = (provider: PolarisGo, port: number): Promise<unknown> =>
      provider.ask('deregister', { service, host: '127.0.0.1', port });
    const weightsInEnvoy = async (): Promise<Readonly<Record<string, number>>> =>
      Object.fromEntries(
        (await envoy.endpoints(`OUTBOUND|default|${service}`)).map(({ address, weight }) => [address, weight]),
      );
    const expectInEnvoy = (weights: Readonly<Record<string, number>>): Promise<void> =>
      eventually(async () => expect(await weightsInEnvoy()).toEqual(weights));

    beforeAll(async () => {
      [blue, green, envoy] = await Promise.all([
        startPolarisGo(sdk, thuban.sdk),
        startPolarisGo(sdk, thuban.sdk),
        startEnvoy(thuban.xds, variant),
      ]);
      ports.blue = await serve(blue, 'blue');
      ports.green = await serve(green, 'green');
    });

    afterAll(async () => {
      await Promise.all([envoy?.stop(), blue?.stop(), green?.stop()]);
    });

    it('an unknown host gets 404 from Envoy', async () => {
      const [answer] = await sendRequests(envoy.listenerPort, 'nobody', 1);
      expect(answer?.status).toBe(404);
    });

    it('INV-10: an instance registered through the SDK answers through Envoy', async () => {
      const startedMs = performance.now();
      await register(blue, ports.blue, 100);
      await eventually(async () => {
        const [answer] = await sendRequests(envoy.listenerPort, service, 1);
        expect(answer).toMatchObject({ status: 200, name: 'blue' });
      });
      figure(`${sdk} ${variant}: register → first 200 through Envoy`, performance.now() - startedMs, 'ms');
      const answers = await sendRequests(envoy.listenerPort, `${service}.default.svc.cluster.local:80`, 10);
      expect(answers.map(({ status, name }) => ({ status, name }))).toEqual(
        Array(10).fill({ status: 200, name: 'blue' }),
      );
    });

    it('a second instance gets its share by weight', async () => {
      await register(green, ports.green, 300);
      await expectInEnvoy({ [`127.0.0.1:${ports.blue}`]: 100, [`127.0.0.1:${ports.green}`]: 300 });
      const answers = await sendRequests(envoy.listenerPort, service, REQUESTS);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      figure(`${sdk} ${variant}: share at weight 300 of 400`, shareOf('green', answers), 'of all');
      expect(Math.abs(shareOf('green', answers) - 0.75)).toBeLessThan(TOLERANCE);
    });

    it('an SDK consumer sees the instances that Envoy has', async () => {
      for (const verb of ['getAll', 'getInstances'] as const) {
        const { instances } = await green.ask(verb, { service });
        const seen = Object.fromEntries(instances!.map(({ host, port, weight }) => [`${host}:${port}`, weight]));
        expect(seen).toEqual(await weightsInEnvoy());
      }
      const { instances } = await green.ask('getOne', { service });
      expect([ports.blue, ports.green]).toContain(instances?.[0]?.port);
    });

    it('a weight changed over HTTP moves the traffic', async () => {
      const instance = (await api().instances(service)).find(({ port }) => port === ports.green);
      await api().change(service, instance!.id, { weight: 25 });
      await expectInEnvoy({ [`127.0.0.1:${ports.blue}`]: 100, [`127.0.0.1:${ports.green}`]: 25 });
      const answers = await sendRequests(envoy.listenerPort, service, REQUESTS);
      expect(Math.abs(shareOf('green', answers) - 0.2)).toBeLessThan(TOLERANCE);
    });

    it('a watching consumer is told of the change', async () => {
      await green.ask('watch', { service });
      const instance = (await api().instances(service)).find(({ port }) => port === ports.green);
      await api().change(service, instance!.id, { weight: 100 });
      // The SDK asks again every two seconds.
      await eventually(() => {
        const updated = green.events
          .filter(({ event }) => event === 'updated')
          .flatMap(({ instances }) => instances ?? []);
        expect(updated).toContainEqual(expect.objectContaining({ port: ports.green, weight: 100 }));
      }, 10_000);
    });

    it('INV-2: a deregistered instance gets no more requests', async () => {
      const requests = streamRequests(envoy.listenerPort, service);
      await eventually(() => expect(requests.answers.some(({ name }) => name === 'green')).toBe(true));
      await deregister(green, ports.green);
      const acknowledgedMs = performance.now();
      await expectInEnvoy({ [`127.0.0.1:${ports.blue}`]: 100 });
      const goneMs = performance.now();
      await eventually(() => expect(requests.answers.at(-1)!.sentMs).toBeGreaterThan(goneMs + 300));
      const answers = await requests.stop();
      const last = Math.max(
        0,
        ...answers.filter(({ name }) => name === 'green').map(({ sentMs }) => sentMs - acknowledgedMs),
      );
      figure(`${sdk} ${variant}: deregistered → last request that still reached it`, last, 'ms');
      expect(last).toBeLessThan(1_000);
      expect(answers.filter(({ sentMs, name }) => sentMs > goneMs && name !== 'blue')).toEqual([]);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    });

    it('a service without instances answers 503, and 200 again when one is back', async () => {
      await deregister(blue, ports.blue);
      await expectInEnvoy({});
      const [none] = await sendRequests(envoy.listenerPort, service, 1);
      expect(none?.status).toBe(503);
      await register(blue, ports.blue, 100);
      await expectInEnvoy({ [`127.0.0.1:${ports.blue}`]: 100 });
      const [answer] = await sendRequests(envoy.listenerPort, service, 1);
      expect(answer).toMatchObject({ status: 200, name: 'blue' });
    });

    it('INV-3: every step is an event of the log, dense per shard', async () => {
      const events = await api().events();
      expect(events.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['InstanceRegistered', 'InstanceChanged', 'InstanceDeregistered']),
      );
      const ofService = events.filter(({ data }) => data['service'] === service).map(({ type }) => type);
      expect(ofService).toEqual([
        'InstanceRegistered',
        'InstanceRegistered',
        'InstanceChanged',
        'InstanceChanged',
        'InstanceDeregistered',
        'InstanceDeregistered',
        'InstanceRegistered',
      ]);
      for (const shard of new Set(events.map((event) => event.shard))) {
        const seqs = events.filter((event) => event.shard === shard).map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      }
    });

    it('Envoy refused nothing', async () => {
      const refused = await envoy.stats('update_rejected$');
      expect(Object.values(refused).filter((count) => count > 0)).toEqual([]);
      expect(Object.keys(refused).length).toBeGreaterThan(0);
    });
  });
