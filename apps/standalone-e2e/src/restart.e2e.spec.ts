import { openDelta } from './support/ads-client.js';
import { apiOf } from './support/api.js';
import { startEnvoy, type Envoy, type Variant } from './support/envoy.js';
import { eventually } from './support/eventually.js';
import { figure } from './support/figure.js';
import { PROCESSES, XDS_PROCESS } from './support/mode.js';
import { startProvider, type Provider } from './support/provider.js';
import { deltaAnswers, subscriptionsTo } from './support/raw-answers.js';
import { sendRequests, streamRequests } from './support/requests.js';
import { startThuban, type Thuban } from './support/thuban.js';
import { describeWith } from './support/tools.js';

const CLUSTER = 'OUTBOUND|default|echo';

/** Every process is killed, and the one that Envoy is connected to is also ended in order. */
const ENDS = [
  ...PROCESSES.map((name) => ({ name, signal: 'SIGKILL' as const })),
  { name: XDS_PROCESS, signal: 'SIGTERM' as const },
];

interface ConfigDump {
  readonly configs: readonly {
    readonly dynamic_active_clusters?: readonly object[];
    readonly dynamic_listeners?: readonly { readonly active_state: object }[];
    readonly dynamic_route_configs?: readonly object[];
  }[];
}

/** What Envoy has from us, with versions and the times at which it took them over. */
const heldBy = async (envoy: Envoy): Promise<object> => {
  const { configs } = (await envoy.admin('/config_dump')) as ConfigDump;
  return {
    clusters: configs.flatMap(({ dynamic_active_clusters = [] }) => dynamic_active_clusters),
    listeners: configs.flatMap(({ dynamic_listeners = [] }) =>
      dynamic_listeners.map(({ active_state }) => active_state),
    ),
    routes: configs.flatMap(({ dynamic_route_configs = [] }) => dynamic_route_configs),
  };
};

const connected = async (envoy: Envoy): Promise<number | undefined> =>
  (await envoy.stats('^control_plane.connected_state$'))['control_plane.connected_state'];

for (const variant of ['delta', 'sotw'] satisfies Variant[])
  describeWith(['envoy'], `a restart under requests through Envoy (${variant})`, () => {
    let thuban: Thuban;
    let envoy: Envoy;
    const providers: Provider[] = [];
    const provide = async (name: string): Promise<number> => {
      const provider = await startProvider(name);
      providers.push(provider);
      return provider.port;
    };
    const api = () => apiOf(thuban.http);

    beforeAll(async () => {
      thuban = await startThuban();
      for (const name of ['blue', 'green'])
        await api().register('echo', { host: '127.0.0.1', port: await provide(name) });
      envoy = await startEnvoy(thuban.xds, variant);
      await eventually(async () => expect(await envoy.endpoints(CLUSTER)).toHaveLength(2));
      await eventually(async () => expect((await sendRequests(envoy.listenerPort, 'echo', 1))[0]?.status).toBe(200));
    });

    afterAll(async () => {
      await envoy?.stop();
      await thuban?.dispose();
      await Promise.all(providers.map((provider) => provider.stop()));
    });

    it.each(ENDS)(
      'INV-1, R27: after $signal of $name no request fails and Envoy keeps what it has',
      async ({ name, signal }) => {
        const before = await heldBy(envoy);
        const endpoints = await envoy.endpoints(CLUSTER);
        const requests = streamRequests(envoy.listenerPort, 'echo');
        await thuban.stop(signal, [name]);
        if (name === XDS_PROCESS) await eventually(async () => expect(await connected(envoy)).toBe(0));
        figure(`${variant} ${signal} of ${name}: stopped → ready again`, await thuban.start([name]), 'ms');
        // Envoy waits up to half a second before its first try, then longer each time.
        await eventually(async () => expect(await connected(envoy)).toBe(1), 30_000);
        expect(await envoy.endpoints(CLUSTER)).toEqual(endpoints);
        expect(await heldBy(envoy)).toEqual(before);

        const late = `late-${signal}-${name}`;
        await api().register('echo', { host: '127.0.0.1', port: await provide(late) });
        await eventually(() => expect(requests.answers.at(-1)?.status).toBe(200));
        await eventually(() => expect(requests.answers.some((answer) => answer.name === late)).toBe(true));
        const answers = await requests.stop();
        figure(`${variant} ${signal} of ${name}: requests meanwhile`, answers.length, 'requests');
        expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
        expect(Object.values(await envoy.stats('update_rejected$')).filter((count) => count > 0)).toEqual([]);
      },
      90_000,
    );
  });

describe('a client that comes back after a restart', () => {
  let thuban: Thuban;
  beforeAll(async () => {
    thuban = await startThuban();
    await apiOf(thuban.http).register('echo', { host: '127.0.0.1', port: 9001 });
  });
  afterAll(() => thuban?.dispose());

  it('R27: gets nothing unchanged but endpoints, then what is new', async () => {
    const { versions } = await deltaAnswers(thuban.xds, ['echo']);
    await thuban.stop('SIGKILL');
    await thuban.start();
    const stream = openDelta(thuban.xds, subscriptionsTo(['echo', 'other']), versions);
    await stream.waitFor('EDS');
    await apiOf(thuban.http).register('other', { host: '127.0.0.1', port: 9002 });
    // Routes are sent last: when they are here, everything before them is.
    await stream.waitFor('RDS', ({ resources }) => resources.length > 0);
    const namesOf = (type: 'CDS' | 'EDS' | 'LDS' | 'RDS') =>
      stream.received(type).flatMap(({ resources }) => resources.map(({ name }) => name));
    stream.close();
    expect(namesOf('CDS')).toEqual(['OUTBOUND|default|other']);
    expect(namesOf('EDS')).toEqual(['OUTBOUND|default|echo', 'OUTBOUND|default|other']);
    expect(namesOf('LDS')).toEqual([]);
    expect(namesOf('RDS')).toEqual(['polaris-outbound-router']);
  });
});
