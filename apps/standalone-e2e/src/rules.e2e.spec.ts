import { apiOf } from './support/api.js';
import { eventually } from './support/eventually.js';
import { startPolarisGo, type PolarisGo } from './support/polaris-go.js';
import { startThuban, type Thuban } from './support/thuban.js';
import { describeWith, SDK_VERSIONS } from './support/tools.js';

// The SDK asks for rules every two seconds.
const SEEN_WITHIN_MS = 10_000;
const ASKED = 12;

const value = (text: string) => ({ value: text });
const version = (name: string) => ({ labels: { version: value(name) } });

// One for all: the consumers use services of their own.
let thuban: Thuban;
beforeAll(async () => {
  thuban = await startThuban();
});
afterAll(() => thuban?.dispose());

for (const sdk of SDK_VERSIONS)
  describeWith(['polaris-go'], `routing rules, obeyed by polaris-go ${sdk}`, () => {
    let consumer: PolarisGo;
    const [echo, db, canary, all] = ['echo', 'db', 'canary', 'all'].map(
      (name) => `${name}-${sdk.replaceAll('.', '')}`,
    ) as [string, string, string, string];
    const api = () => apiOf(thuban.http);
    const web = (metadata: Readonly<Record<string, string>> = {}) => ({
      source: { namespace: 'default', service: 'web', metadata },
    });
    const header = (key: string, text: string) => ({ arguments: [{ type: 'HEADER', key, value: text }] });

    /** The versions of the instances that a consumer gets, asking again and again. */
    const versionsFor = async (caller: object): Promise<readonly string[]> => {
      const versions = new Set<string>();
      for (let i = 0; i < ASKED; i++) {
        const { instances } = await consumer.ask('getOne', { service: echo, ...caller });
        versions.add(instances?.[0]?.metadata?.['version'] ?? 'none');
      }
      return [...versions].sort();
    };
    const expectVersions = (caller: object, ...versions: readonly string[]): Promise<void> =>
      eventually(async () => expect(await versionsFor(caller)).toEqual(versions), SEEN_WITHIN_MS);

    beforeAll(async () => {
      consumer = await startPolarisGo(sdk, thuban.sdk);
      for (const [port, name] of [
        [9001, 'v1'],
        [9002, 'v2'],
      ] as const)
        await api().register(echo, { host: '127.0.0.1', port, metadata: { version: name } });
    });

    afterAll(async () => {
      await consumer?.stop();
      await api().removeRule(all);
    });

    it('without rules every instance is used', () => expectVersions(web(), 'v1', 'v2'));

    it('a label of the caller chooses the version, and the next branch is for everybody else', async () => {
      await api().putRule(canary, {
        namespace: 'default',
        name: canary,
        branches: [
          {
            name: 'gray',
            sources: [{ service: 'web', arguments: [{ type: 'CUSTOM', key: 'env', value: value('gray') }] }],
            destinations: [{ service: echo, ...version('v2') }],
          },
          { name: 'rest', destinations: [{ service: echo, ...version('v1') }] },
        ],
      });
      await expectVersions(web({ env: 'gray' }), 'v2');
      await expectVersions(web({ env: 'live' }), 'v1');
      await expectVersions(web(), 'v1');
      await expectVersions({}, 'v1');
    });

    it('a header of the request does, compared by an expression', async () => {
      await api().putRule(canary, {
        namespace: 'default',
        name: canary,
        branches: [
          {
            sources: [
              { arguments: [{ type: 'HEADER', key: 'x-user', value: { type: 'REGEX', value: '^(anna|bob)$' } }] },
            ],
            destinations: [{ service: echo, ...version('v2') }],
          },
          { destinations: [{ service: echo, ...version('v1') }] },
        ],
      });
      await expectVersions({ ...web(), ...header('x-user', 'anna') }, 'v2');
      await expectVersions({ ...web(), ...header('x-user', 'annabel') }, 'v1');
    });

    it('weights divide the traffic, and priorities are used in order', async () => {
      await api().putRule(canary, {
        namespace: 'default',
        name: canary,
        branches: [
          {
            destinations: [
              { service: echo, ...version('none'), priority: 0 },
              { service: echo, ...version('v1'), priority: 1, weight: 0 },
              { service: echo, ...version('v2'), priority: 1, weight: 10 },
              { service: echo, ...version('v1'), priority: 2 },
            ],
          },
        ],
      });
      await expectVersions(web(), 'v2');
    });

    it('a disabled rule is none, and an enabled one is one again', async () => {
      await api().changeRule(canary, { enabled: false });
      await expectVersions(web(), 'v1', 'v2');
      await api().changeRule(canary, { enabled: true });
      await expectVersions(web(), 'v2');
    });

    it('INV-1: rules are obeyed after a restart, by a consumer that begins anew', async () => {
      await thuban.stop('SIGKILL');
      await thuban.start();
      await consumer.stop();
      consumer = await startPolarisGo(sdk, thuban.sdk);
      expect(await versionsFor(web())).toEqual(['v2']);
    });

    it('without the rule the routing of the service itself decides', async () => {
      await api().putRouting(echo, {
        inbounds: [{ sources: [{ service: 'web' }], destinations: [version('v1')] }],
      });
      await api().removeRule(canary);
      await expectVersions(web(), 'v1');
    });

    it('a rule of the namespace is for its other services, after their own routing', async () => {
      await api().register(db, { host: '127.0.0.1', port: 9003, metadata: { version: 'v1' } });
      await api().register(db, { host: '127.0.0.1', port: 9004, metadata: { version: 'v2' } });
      await api().putRule(all, {
        namespace: 'default',
        name: all,
        branches: [{ destinations: [{ service: '*', ...version('v2') }] }],
      });
      await eventually(async () => {
        const { instances } = await consumer.ask('getInstances', { service: db, ...web() });
        expect(instances?.map(({ metadata }) => metadata?.['version'])).toEqual(['v2']);
      }, SEEN_WITHIN_MS);
      await expectVersions(web(), 'v1');
    });
  });
