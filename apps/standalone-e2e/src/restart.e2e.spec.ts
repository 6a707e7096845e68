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

/** The process that Envoy is connected to is ended in either way, the others are killed. */
const ENDS = [
  { name: XDS_PROCESS, signal: 'SIGTERM' as const },
  ...PROCESSES.map((name) => ({ name, signal: 'SIGKILL' as const })),
];

const CLUSTER = 'OUTBOUND|default|echo';

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

const VARIANTS: readonly Variant[] = ['delta', 'sotw'];

let thuban: Thuban;
beforeAll(async () => {
  thuban = await startThuban();
});
afterAll(() => thuban?.dispose());
const api = () => apiOf(thuban.http);

describeWith(['envoy'], 'a restart under requests through Envoys, delta and SotW', () => {
  const envoys: Envoy[] = [];
  const providers: Provider[] = [];
  const provide = async (name: string): Promise<void> => {
    const provider = await startProvider(name);
    providers.push(provider);
    await api().register('echo', { host: '127.0.0.1', port: provider.port });
  };
  /** What both Envoys say, delta first. */
  const ofBoth = <T>(ask: (envoy: Envoy) => Promise<T>): Promise<readonly T[]> => Promise.all(envoys.map(ask));
  const held = () => ofBoth(heldBy);
  const endpoints = () => ofBoth((envoy) => envoy.endpoints(CLUSTER));
  const expectConnected = (state: 0 | 1, withinMs?: number) =>
    eventually(async () => expect(await ofBoth(connected)).toEqual([state, state]), withinMs);

  beforeAll(async () => {
    for (const name of ['blue', 'green']) await provide(name);
    for (const variant of VARIANTS) envoys.push(await startEnvoy(thuban.xds, variant));
    await eventually(async () => expect((await endpoints()).map(({ length }) => length)).toEqual([2, 2]));
    for (const { listenerPort } of envoys)
      await eventually(async () => expect((await sendRequests(listenerPort, 'echo', 1))[0]?.status).toBe(200));
  });

  afterAll(async () => {
    await Promise.all([...envoys, ...providers].map((each) => each.stop()));
  });

  it.each(ENDS)(
    'INV-1, R27: after $signal of $name no request fails and the Envoys keep what they have',
    async ({ name, signal }) => {
      const before = { held: await held(), endpoints: await endpoints() };
      const requests = envoys.map(({ listenerPort }) => streamRequests(listenerPort, 'echo'));
      await thuban.stop(signal, [name]);
      if (name === XDS_PROCESS) await expectConnected(0);
      figure(`${signal} of ${name}: stopped → ready again`, await thuban.start([name]), 'ms');
      // Envoy waits up to half a second before its first try, then longer each time.
      await expectConnected(1, 30_000);
      expect({ held: await held(), endpoints: await endpoints() }).toEqual(before);

      const late = `late-${signal}-${name}`;
      await provide(late);
      for (const { answers } of requests)
        await eventually(() => expect(answers.some((answer) => answer.name === late)).toBe(true));
      const answers = (await Promise.all(requests.map((each) => each.stop()))).flat();
      figure(`${signal} of ${name}: requests meanwhile`, answers.length, 'requests');
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      const refused = await ofBoth((envoy) => envoy.stats('update_rejected$'));
      expect(refused.flatMap((counts) => Object.values(counts)).filter((count) => count > 0)).toEqual([]);
    },
    90_000,
  );
});

describe('a client that comes back after a restart', () => {
  it('R27: gets nothing unchanged but endpoints, then what is new', async () => {
    await api().register('echo', { host: '127.0.0.1', port: 9001 });
    const { versions } = await deltaAnswers(thuban.xds, ['echo']);
    await thuban.stop('SIGKILL');
    await thuban.start();
    const stream = openDelta(thuban.xds, subscriptionsTo(['echo', 'other']), versions);
    await stream.waitFor('EDS');
    await api().register('other', { host: '127.0.0.1', port: 9002 });
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
