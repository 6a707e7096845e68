import { status } from '@grpc/grpc-js';
import { create, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import { startTcpProxy, type TcpProxy } from '@thuban/testing';
import { openDelta } from './support/ads-client.js';
import { apiOf } from './support/api.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { eventually } from './support/eventually.js';
import { startPolarisGo } from './support/polaris-go.js';
import { deltaAnswers, discoverAnswers, sotwAnswers, subscriptionsTo } from './support/raw-answers.js';
import { connectRaw } from './support/raw-grpc.js';
import type { Replica } from './support/replica.js';
import { describeWith, SDK_VERSIONS } from './support/tools.js';

const SERVICES = ['echo', 'other', 'third'];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ replicas: { registry: 2, 'xds-push': 2 } });
  for (const [index, service] of SERVICES.entries())
    for (const port of [9001, 9002])
      await apiOf(cluster.http).register(service, { host: `10.0.0.${index + 1}`, port, weight: port - 8_990 });
  await apiOf(cluster.http).putRule('canary', {
    namespace: 'default',
    name: 'canary',
    branches: [{ destinations: [{ service: 'echo', labels: { version: { value: 'v1' } }, weight: 80 }] }],
  });
});
afterAll(() => cluster?.dispose());

const pair = (app: 'registry' | 'xds-push'): readonly [Replica, Replica] => {
  const [first, second] = cluster.replicas(app);
  return [first!, second!];
};

describe('two replicas of xds-push', () => {
  it('give the same bytes and versions, delta and SotW', async () => {
    const [first, second] = pair('xds-push').map((replica) => replica.addressOf('xds'));
    await eventually(async () => {
      const answers = await deltaAnswers(first!, SERVICES);
      expect(Object.keys(answers.versions.CDS)).toHaveLength(SERVICES.length);
      expect(await deltaAnswers(second!, SERVICES)).toEqual(answers);
    });
    expect(await sotwAnswers(second!, SERVICES)).toEqual(await sotwAnswers(first!, SERVICES));
  });

  it('R27: a client that moves from one to the other gets nothing again but endpoints', async () => {
    const [first, second] = pair('xds-push').map((replica) => replica.addressOf('xds'));
    const { versions } = await deltaAnswers(first!, SERVICES);
    const stream = openDelta(second!, subscriptionsTo([...SERVICES, 'late']), versions);
    await stream.waitFor('EDS');
    await apiOf(cluster.http).register('late', { host: '10.0.0.9', port: 9001 });
    // Routes are sent last: when they are here, everything before them is.
    await stream.waitFor('RDS', ({ resources }) => resources.length > 0);
    const namesOf = (type: 'CDS' | 'EDS' | 'LDS' | 'RDS') =>
      stream.received(type).flatMap(({ resources }) => resources.map(({ name }) => name));
    stream.close();
    expect(namesOf('CDS')).toEqual(['OUTBOUND|default|late']);
    expect(namesOf('EDS').sort()).toEqual([...SERVICES, 'late'].map((service) => `OUTBOUND|default|${service}`).sort());
    expect(namesOf('LDS')).toEqual([]);
    expect(namesOf('RDS')).toEqual(['polaris-outbound-router']);
  });
});

describe('two replicas of the registry', () => {
  it('what one has acknowledged the other answers, to HTTP and to Discover, with the same bytes', async () => {
    const [first, second] = pair('registry');
    await apiOf(first.http).register('echo', { host: '10.0.0.1', port: 9100 });
    await apiOf(second.http).register('echo', { host: '10.0.0.1', port: 9200 });
    for (const { http } of [first, second])
      await eventually(async () =>
        expect((await apiOf(http).instances('echo')).map(({ port }) => port).sort()).toEqual([9001, 9002, 9100, 9200]),
      );
    const answers = await discoverAnswers(first.addressOf('sdk'), SERVICES);
    await eventually(async () => expect(await discoverAnswers(second.addressOf('sdk'), SERVICES)).toEqual(answers));
  });

  it('INV-6: one knows at once that the other has deregistered what it is to confirm', async () => {
    const [first, second] = pair('registry');
    const bytes = toBinary(
      polaris.InstanceSchema,
      create(polaris.InstanceSchema, {
        namespace: 'default',
        service: 'again',
        host: '10.0.0.1',
        port: 80,
        id: 'again',
      }),
    );
    const here = connectRaw(first.addressOf('sdk'));
    const there = connectRaw(second.addressOf('sdk'));
    for (let round = 0; round < 20; round++) {
      await here.unary('RegisterInstance', bytes);
      await there.unary('DeregisterInstance', bytes);
    }
    await here.unary('RegisterInstance', bytes);
    here.close();
    there.close();
    const types = (await apiOf(first.http).events())
      .filter(({ data }) => data['service'] === 'again' && data['id'] === 'again')
      .map(({ type }) => type);
    expect(types).toEqual([
      ...Array.from({ length: 20 }, () => ['InstanceRegistered', 'InstanceDeregistered']).flat(),
      'InstanceRegistered',
    ]);
  });
});

for (const sdk of SDK_VERSIONS)
  describeWith(['polaris-go'], `polaris-go ${sdk} with one address, and one of two registries behind it killed`, () => {
    it('goes on registering and finding', async () => {
      const service = `sdk-${sdk}`;
      const provider = await startPolarisGo(sdk, cluster.sdk);
      const [first] = pair('registry');
      const register = (port: number) =>
        provider.ask('register', { service, host: '127.0.0.1', port, weight: 100, ttl: 2 });
      const found = async () => (await provider.ask('getAll', { service })).instances!.map(({ port }) => port).sort();
      try {
        await register(7001);
        await first.stop('SIGKILL');
        await eventually(() => register(7002), 20_000);
        await eventually(async () => expect(await found()).toEqual([7001, 7002]), 20_000);
      } finally {
        await provider.stop();
        await first.start();
      }
    });
  });

describe('a replica of xds-push on a slow link to MySQL, without news from Kafka', () => {
  // A read brings 1,000 and takes 0.8 s then: well within the patience of a connection, and too long in all.
  const EVENTS = 12_000;
  const DELAY_MS = 400;
  let link: TcpProxy;
  let slow: Replica;
  beforeAll(async () => {
    const url = new URL(cluster.mysqlUrl);
    link = await startTcpProxy({ port: Number(url.port) });
    url.port = String(link.port);
    slow = await cluster.add('xds-push', [
      '--mysql-url',
      url.href,
      '--kafka-topic-prefix',
      cluster.stack.freshPrefix(),
    ]);
  });
  afterAll(() => link?.close());

  const registerMany = async (count: number): Promise<void> => {
    const connection = connectRaw(cluster.replicas('registry')[1]!.addressOf('sdk'));
    const one = (n: number) =>
      connection.unary(
        'RegisterInstance',
        toBinary(
          polaris.InstanceSchema,
          create(polaris.InstanceSchema, { namespace: 'default', service: 'many', host: '10.9.0.1', port: n + 1 }),
        ),
      );
    const outcomes = await Promise.all(Array.from({ length: count }, (_, n) => one(n)));
    connection.close();
    expect(outcomes.filter((outcome) => !('bytes' in outcome))).toEqual([]);
  };

  it('is not ready and takes no new streams while it is more than 5 s behind; open ones stay and get everything', async () => {
    const open = openDelta(slow.addressOf('xds'), subscriptionsTo(['many']));
    await open.waitFor('CDS');
    // It wakes up to all of them at once, and to a link that is slower than its readiness allows.
    slow.child().process.kill('SIGSTOP');
    await registerMany(EVENTS);
    link.delay(DELAY_MS);
    slow.child().process.kill('SIGCONT');
    await eventually(async () => {
      const answer = await fetch(`${slow.http}/readyz`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        notReady: [{ name: 'registry', reason: expect.stringMatching(/^\d+ events behind for \d+ s$/) }],
      });
    }, 20_000);
    const refused = openDelta(slow.addressOf('xds'), subscriptionsTo(['many']));
    expect((await refused.ended).code).toBe(status.UNAVAILABLE);
    link.delay(0);
    await eventually(async () => expect((await fetch(`${slow.http}/readyz`)).status).toBe(200), 20_000);
    const versions = (await deltaAnswers(cluster.replicas('xds-push')[0]!.addressOf('xds'), ['many'])).versions.EDS;
    await open.waitFor('EDS', ({ resources }) =>
      resources.some(({ name, version }) => name === 'OUTBOUND|default|many' && version === versions[name]),
    );
    open.close();
  });
});
