import { setTimeout as pass } from 'node:timers/promises';
import { describeWithStack } from '@thuban/testing';
import { check } from './support/check.js';
import { startCluster, type Cluster } from './support/cluster.js';
import { createCounter, type Counter } from './support/counter.js';
import { eventually } from './support/eventually.js';
import { createLedger, percentile, type Ledger } from './support/ledger.js';
import { startLoad } from './support/load.js';
import { race } from './support/race.js';

const LONG = process.env['THUBAN_FAULTS'] === 'long';
const KILLS = LONG ? 100 : 6;
const STOPPED_MS = LONG ? 10_000 : 3_000;
const KAFKA_AWAY_MS = LONG ? 60_000 : 8_000;
const SPEED_MS = LONG ? 10_000 : 3_000;
/** A process that has just started compiles what it runs: that is not starvation. */
const WARM_MS = 2_000;
const TOO_LONG_MS = 10 * 60_000;
/** Within this a change reaches every stream while Kafka is away. */
const CONVERGED_MS = 2_000;
/** Within this a write is answered while MySQL is away. */
const REFUSED_WITHIN_MS = 6_000;

const report = (what: string, value: object): void =>
  void process.stderr.write(`faults: ${what}: ${JSON.stringify(value)}\n`);

describeWithStack(['mysql', 'kafka'], 'a cluster whose parts fail', () => {
  let cluster: Cluster;
  let ledger: Ledger;
  let counter: Counter;
  beforeAll(async () => {
    cluster = await startCluster();
    ledger = createLedger();
    counter = createCounter(cluster, ledger);
  }, 180_000);
  afterAll(() => cluster?.stop());

  /** Writes through every replica while `work` goes on. */
  const underLoad = async (callers: number, work: () => Promise<void>): Promise<void> => {
    const loads = cluster.clients.map((client) => startLoad(client, ledger, callers));
    try {
      await work();
    } finally {
      await Promise.all(loads.map((load) => load.stop()));
    }
  };

  it('a change reaches every stream soon (INV-10)', async () => {
    const took: number[] = [];
    for (let n = 0; n < 50; n++) took.push(await counter.next(n, CONVERGED_MS));
    report('T of INV-10 in ms', { p50: percentile(took, 0.5), p99: percentile(took, 0.99) });
  });

  it('two replicas write the same shards at full speed: none starves, nothing is lost (INV-1 … INV-6, INV-10 … INV-13)', async () => {
    await underLoad(16, () => pass(WARM_MS));
    const from = ledger.latencies.length;
    await underLoad(16, () => pass(SPEED_MS));
    const latencies = ledger.latencies.slice(from);
    report('two replicas', { commands: latencies.length, p99Ms: percentile(latencies, 0.99) });
    expect(latencies.length).toBeGreaterThan(100);
    expect(percentile(latencies, 0.99)).toBeLessThan(500);
    await check(cluster, ledger);
  });

  it(
    `SIGKILL of services at random, ${KILLS} times (INV-1 … INV-6, INV-10 … INV-13)`,
    async () => {
      await underLoad(2, async () => {
        for (let n = 0; n < KILLS; n++) {
          const app = cluster.apps[n < cluster.apps.length ? n : Math.floor(Math.random() * cluster.apps.length)]!;
          await pass(Math.random() * 200);
          await app.kill();
          await app.start();
        }
      });
      report('SIGKILL', { kills: KILLS, ...ledger.counts });
      await check(cluster, ledger);
    },
    TOO_LONG_MS,
  );

  it('a registry replica is stopped in the middle of its commits while another writes the same shards (INV-1 … INV-6)', async () => {
    const [stopped] = cluster.named('registry');
    await underLoad(8, async () => {
      await pass(300);
      stopped?.signal('SIGSTOP');
      const before = ledger.counts.acknowledged;
      await pass(STOPPED_MS);
      expect(ledger.counts.acknowledged).toBeGreaterThan(before + 10);
      stopped?.signal('SIGCONT');
      await pass(300);
    });
    await check(cluster, ledger);
  });

  it('a register that a replica takes for no change while it is behind is decided on what is committed (INV-1, INV-2, INV-6)', async () => {
    const [one, other] = cluster.clients;
    for (let n = 0; n < 100; n++) {
      const place = { service: 'no-change', host: '10.254.0.1', port: 1 + n };
      ledger.note('register', place, await one!.register(place));
      ledger.note('deregister', place, await other!.deregister(place));
      ledger.note('register', place, await one!.register(place));
    }
    await check(cluster, ledger);
  });

  it('replicas that register and deregister the same instances at the same time agree on who was first (INV-2, INV-6)', async () => {
    await race(cluster, ledger, 100);
    await check(cluster, ledger);
  });

  it(
    `Kafka is away for ${KAFKA_AWAY_MS / 1000} s: changes still reach every stream within 2 s (INV-3, INV-10, INV-11)`,
    async () => {
      const took: number[] = [];
      await cluster.stack.order('kill', 'kafka');
      const untilMs = performance.now() + KAFKA_AWAY_MS;
      for (let n = 0; performance.now() < untilMs; n++) took.push(await counter.next(n, CONVERGED_MS));
      await cluster.stack.order('start', 'kafka');
      report('Kafka away, ms to every stream', { changes: took.length, max: Math.max(...took) });
      await check(cluster, ledger);
    },
    TOO_LONG_MS,
  );

  it(
    'MySQL is killed: writes are refused soon with a 5xx code, reads and streams go on, and nothing is lost (INV-1, INV-2, INV-10)',
    async () => {
      const ends = cluster.mirrors.map((mirror) => mirror.ends());
      await underLoad(2, async () => {
        await pass(300);
        await cluster.stack.order('kill', 'mysql');
        await pass(500);
        const place = { service: 'away', host: '10.253.0.1', port: 1 };
        for (const client of cluster.clients) {
          const outcome = await client.register(place);
          ledger.note('register', place, outcome);
          report('a write while MySQL is away', outcome);
          expect(outcome.code).toBeGreaterThanOrEqual(500000);
          expect(outcome.tookMs).toBeLessThan(REFUSED_WITHIN_MS);
          expect((await client.discover('counter')).length).toBe(1);
        }
        await cluster.stack.order('start', 'mysql');
        await eventually(() => counter.next(0, CONVERGED_MS), 20_000);
      });
      expect(cluster.mirrors.map((mirror) => mirror.ends())).toEqual(ends);
      await check(cluster, ledger);
    },
    TOO_LONG_MS,
  );

  it(
    'the link to MySQL stalls: writes are refused soon with a 5xx code, and nothing is lost (INV-1, INV-2)',
    async () => {
      cluster.mysqlLink.stall();
      const place = { service: 'stalled', host: '10.252.0.1', port: 1 };
      const outcome = await cluster.clients[0]!.register(place);
      cluster.mysqlLink.flow();
      ledger.note('register', place, outcome);
      report('a write while the link to MySQL stalls', outcome);
      expect(outcome.code).toBeGreaterThanOrEqual(500000);
      expect(outcome.tookMs).toBeLessThan(REFUSED_WITHIN_MS);
      await check(cluster, ledger);
    },
    TOO_LONG_MS,
  );

  it(
    "Kafka's data is deleted: the topics are made again, and whoever follows them goes on (INV-3, INV-10)",
    async () => {
      await cluster.stack.order('kill', 'kafka');
      await cluster.stack.order('wipe', 'kafka');
      await counter.next(0, CONVERGED_MS);
      await cluster.stack.order('start', 'kafka');
      await counter.next(1, CONVERGED_MS);
      await check(cluster, ledger, true);
    },
    TOO_LONG_MS,
  );
});
