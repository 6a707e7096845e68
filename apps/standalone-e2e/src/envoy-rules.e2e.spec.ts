import { apiOf } from './support/api.js';
import { startEnvoy, type Envoy, type Variant } from './support/envoy.js';
import { eventually } from './support/eventually.js';
import { startProvider, type Provider } from './support/provider.js';
import { sendRequests, shareOf } from './support/requests.js';
import { startThuban, type Thuban } from './support/thuban.js';
import { describeWith } from './support/tools.js';

// 1,000 requests: three and a half standard deviations around 80 % are below 0.05.
const REQUESTS = 1_000;
const TOLERANCE = 0.05;

const VARIANTS: readonly Variant[] = ['delta', 'sotw'];

// One for all: the proxies use services of their own.
let thuban: Thuban;
beforeAll(async () => {
  thuban = await startThuban();
});
afterAll(() => thuban?.dispose());

for (const variant of VARIANTS)
  describeWith(['envoy'], `routing rules, followed by Envoy (${variant})`, () => {
    let envoy: Envoy;
    let providers: readonly Provider[] = [];
    const echo = `echo-${variant}`;
    const canary = `canary-${variant}`;
    const api = () => apiOf(thuban.http);
    const send = (count: number, headers: Readonly<Record<string, string>> = {}) =>
      sendRequests(envoy.listenerPort, echo, count, headers);
    const seen = async (headers: Readonly<Record<string, string>> = {}) =>
      [...new Set((await send(20, headers)).map(({ status, name }) => name ?? `${status}`))].sort();
    const expectSeen = (headers: Readonly<Record<string, string>>, ...names: readonly string[]) =>
      eventually(async () => expect(await seen(headers)).toEqual(names));
    const label = (value: string, type = 'EXACT') => ({ version: { type, value } });
    const put = (...branches: readonly object[]) =>
      api().putRule(canary, { namespace: 'default', name: canary, branches });
    const register = async (version: string) =>
      api().register(echo, {
        host: '127.0.0.1',
        port: providers.find((_, i) => `v${i + 1}` === version)!.port,
        weight: 100,
        version,
      });

    beforeAll(async () => {
      providers = await Promise.all(['v1', 'v2', 'v3'].map(startProvider));
      envoy = await startEnvoy(thuban.xds, variant); // as default/web
      await register('v1');
      await register('v2');
    });

    afterAll(async () => {
      await envoy?.stop();
      await Promise.all(providers.map((provider) => provider.stop()));
    });

    it('without rules every instance answers', () => expectSeen({}, 'v1', 'v2'));

    it('a header leads to the version, and what no branch takes goes to all', async () => {
      await put({
        sources: [{ arguments: [{ type: 'HEADER', key: 'X-Env', value: { value: 'gray' } }] }],
        destinations: [{ service: echo, labels: label('v2') }],
      });
      await expectSeen({ 'x-env': 'gray' }, 'v2');
      await expectSeen({}, 'v1', 'v2');
    });

    it('weights 80 and 20 divide the requests', async () => {
      await put({
        destinations: [
          { service: echo, labels: label('v1'), weight: 80 },
          { service: echo, labels: label('v2|v3', 'REGEX'), weight: 20 },
        ],
      });
      await eventually(async () => {
        const answers = await send(REQUESTS);
        expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
        expect(Math.abs(shareOf('v1', answers) - 0.8)).toBeLessThan(TOLERANCE);
      });
    });

    it('an instance that comes joins a subset that asks by expression', async () => {
      await put({ destinations: [{ service: echo, labels: label('v2|v3', 'REGEX') }] });
      await expectSeen({}, 'v2');
      await register('v3');
      await expectSeen({}, 'v2', 'v3');
    });

    it('a rule for another caller is not for this one, a rule for this one is', async () => {
      const branch = (service: string) => ({
        sources: [{ service, namespace: 'default' }],
        destinations: [{ service: echo, labels: label('v1') }],
      });
      await put(branch('batch'));
      await expectSeen({}, 'v1', 'v2', 'v3');
      await put(branch('web'));
      await expectSeen({}, 'v1');
    });

    it('what a branch matches and nobody can take is refused, and the rest goes on', async () => {
      await put({
        sources: [{ arguments: [{ type: 'HEADER', key: 'x-env', value: { value: 'none' } }] }],
        destinations: [{ service: echo, labels: label('v9') }],
      });
      await expectSeen({ 'x-env': 'none' }, '503');
      await expectSeen({}, 'v1', 'v2', 'v3');
    });

    it('an expression of any size is taken', async () => {
      const long = 'x'.repeat(400);
      await put({
        sources: [{ arguments: [{ type: 'COOKIE', key: 'c', value: { type: 'REGEX', value: `${long}|yes` } }] }],
        destinations: [{ service: echo, labels: label('v2') }],
      });
      await expectSeen({ cookie: 'a=b; c=yes; d=e' }, 'v2');
      await expectSeen({ cookie: 'c=no' }, 'v1', 'v2', 'v3');
    });

    it('without the rule all is as before', async () => {
      await api().removeRule(canary);
      await expectSeen({ cookie: 'c=yes' }, 'v1', 'v2', 'v3');
    });

    it('Envoy refused nothing', async () => {
      const refused = await envoy.stats('update_rejected$');
      expect(Object.values(refused).filter((count) => count > 0)).toEqual([]);
      expect(Object.keys(refused).length).toBeGreaterThan(0);
    });
  });
