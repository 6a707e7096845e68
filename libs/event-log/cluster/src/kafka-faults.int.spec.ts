import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeWithStack,
  everythingIn,
  someCommit,
  someWrite,
  startStack,
  startTcpProxy,
  takeEvents,
  type Stack,
} from '@thuban/testing';
import { systemClock } from './fixtures/clock.js';
import { eventually, openTestNode, type TestNode, type TestNodeOptions } from './fixtures/kafka.js';
import { createKafkaClient } from './kafka-client.js';
import { placeOf } from './records.js';
import { topicOf } from './topics.js';

const SHARDS = 4;
const SLOW_MS = 120_000;
const CONVERGED_MS = 2000;

describeWithStack(['mysql', 'kafka'], 'while Kafka fails', () => {
  let stack: Stack;
  let options: TestNodeOptions;
  let topic: string;
  const nodes: TestNode[] = [];

  beforeAll(async () => (stack = await startStack(['mysql', 'kafka'], { own: true })), SLOW_MS);
  afterAll(() => stack.stop());
  beforeEach(async () => {
    const topicPrefix = stack.freshPrefix();
    options = { mysqlUrl: await stack.freshDatabase(), kafka: { brokers: stack.kafkaBrokers, topicPrefix } };
    topic = topicOf(topicPrefix, 'test');
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop();
  });

  /** A process that writes and relays, and one that only reads, once both are at work. */
  const pair = async (
    kafka = options.kafka,
  ): Promise<{ writer: TestNode; reader: TestNode; published: () => number }> => {
    const writer = await openTestNode(options);
    const reader = await openTestNode({ ...options, kafka });
    nodes.push(writer, reader);
    const relay = writer.carrier.startRelay(writer.log, { lease: async () => true, signal: writer.signal });
    void reader.carrier.followTopic(reader.log, reader.signal);
    await eventually('joined', () => reader.carrier.metrics().joins > 0);
    return { writer, reader, published: () => relay.published().reduce((sum, seq) => sum + seq, 0) };
  };
  const write = async ({ log: { log } }: TestNode, count: number): Promise<void> => {
    const tips = await log.tips();
    await log.append(someCommit(...tips.map(({ seq }, shard) => someWrite(shard, seq, count))));
  };
  /** The seqs that the topic holds, by partition, in the order they are there. */
  const seqsOn = async ({ log: { log } }: TestNode): Promise<number[][]> => {
    const client = createKafkaClient({ ...options.kafka, clientId: 'observer' });
    try {
      const found = await client.records(topic, new Map((await client.offsets(topic)).entries()));
      return Array.from({ length: SHARDS }, (_, shard) =>
        (found.get(shard) ?? []).map((record) => {
          const place = placeOf(log, shard, record);
          return 'seq' in place ? place.seq : NaN;
        }),
      );
    } finally {
      client.destroy();
    }
  };
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
  const expectWhole = async (node: TestNode, perShard: number): Promise<void> => {
    for (const seqs of await seqsOn(node)) expect([...new Set(seqs)].sort((a, b) => a - b)).toEqual(upTo(perShard));
  };

  it(
    'killed and started again: subscribers lack nothing meanwhile, and the topic lacks nothing afterwards (INV-3, INV-10)',
    async () => {
      const { writer, reader, published } = await pair();
      const taking = takeEvents(reader.log.log.subscribe(undefined, reader.signal), 3 * 40);
      await write(writer, 10);
      await stack.order('kill', 'kafka');
      await write(writer, 10);
      const startedMs = systemClock.monotonic();
      await write(writer, 10);
      const taken = await taking;
      expect(systemClock.monotonic() - startedMs).toBeLessThan(CONVERGED_MS);
      for (const [shard, events] of (await everythingIn(writer.log.log)).entries())
        expect(taken.filter((event) => event.shard === shard)).toEqual(events);
      await stack.order('start', 'kafka');
      await eventually('published', () => published() === 120, 30_000);
      await expectWhole(writer, 30);
      const joins = reader.carrier.metrics().joins;
      await eventually('joined again', () => joins > 1 || reader.carrier.metrics().joins > 1, 30_000);
      expect(writer.problems.length).toBeLessThan(4);
      expect(reader.problems.length).toBeLessThan(4);
    },
    SLOW_MS,
  );

  it(
    'having lost its data, also when nobody writes: the topics are made again and filled from the log (INV-3)',
    async () => {
      const { writer, reader, published } = await pair();
      await write(writer, 10);
      await eventually('published', () => published() === 40);
      for (const order of ['kill', 'wipe', 'start'] as const) await stack.order(order, 'kafka');
      await eventually(
        'filled again',
        async () => {
          const seqs = await seqsOn(writer).catch(() => []);
          return seqs.length === SHARDS && seqs.every((each) => each.length >= 10);
        },
        60_000,
      );
      expect(await seqsOn(writer)).toEqual(Array.from({ length: SHARDS }, () => upTo(10)));
      await eventually('joined again', () => reader.carrier.metrics().joins > 1, 30_000);
      const before = reader.store.counts();
      const taking = takeEvents(reader.log.log.subscribe(undefined, reader.signal), 44);
      await write(writer, 1);
      expect(await taking).toHaveLength(44);
      expect(before).toBeDefined();
    },
    SLOW_MS,
  );

  it(
    'having lost the end of a partition: what was there is sent again (INV-3)',
    async () => {
      const { writer, published } = await pair();
      for (let i = 0; i < 10; i++) {
        await write(writer, 1);
        await eventually('published', () => published() === (i + 1) * SHARDS);
      }
      await stack.order('kill', 'kafka');
      const segment = '00000000000000000000.log';
      const folder = readdirSync(stack.dataDir, { recursive: true, encoding: 'utf8' }).find((path) =>
        path.endsWith(join(`${topic}-2`, segment)),
      );
      const path = join(stack.dataDir, folder!);
      truncateSync(path, Math.floor(statSync(path).size / 2));
      await stack.order('start', 'kafka');
      await write(writer, 1);
      await eventually('published', () => published() === 11 * SHARDS, 30_000);
      await eventually('filled again', async () => (await seqsOn(writer))[2]!.length >= 11, 30_000);
      await expectWhole(writer, 11);
    },
    SLOW_MS,
  );

  it(
    'not answering on an open connection: the consumer connects anew, and lacks nothing meanwhile (K5, INV-10)',
    async () => {
      const [host = '', port = ''] = stack.kafkaBrokers[0]!.split(':');
      const proxy = await startTcpProxy({ host, port: Number(port) });
      try {
        const route = () => ({ host: '127.0.0.1', port: proxy.port });
        const { writer, reader } = await pair({ ...options.kafka, route });
        await write(writer, 5);
        proxy.stall();
        const startedMs = systemClock.monotonic();
        const taking = takeEvents(reader.log.log.subscribe(undefined, reader.signal), 40);
        await write(writer, 5);
        expect(await taking).toHaveLength(40);
        expect(systemClock.monotonic() - startedMs).toBeLessThan(CONVERGED_MS);
        await eventually('noticed', () => reader.problems.length > 0, 20_000);
        expect(reader.problems[0]).toContain('has not heard from Kafka for 11500 ms');
        proxy.flow();
        await eventually('joined again', () => reader.carrier.metrics().joins > 1, 30_000);
      } finally {
        await proxy.close();
      }
    },
    SLOW_MS,
  );

  it(
    'not answering the relay: it connects anew and sends again (K5, INV-3)',
    async () => {
      const [host = '', port = ''] = stack.kafkaBrokers[0]!.split(':');
      const proxy = await startTcpProxy({ host, port: Number(port) });
      try {
        const route = () => ({ host: '127.0.0.1', port: proxy.port });
        options = { ...options, kafka: { ...options.kafka, route } };
        const { writer, published } = await pair();
        await write(writer, 5);
        await eventually('published', () => published() === 20);
        proxy.stall();
        await write(writer, 5);
        await eventually('noticed', () => writer.problems.length > 0, 20_000);
        proxy.flow();
        await eventually('published', () => published() === 40, 30_000);
        await expectWhole(writer, 10);
      } finally {
        await proxy.close();
      }
    },
    SLOW_MS,
  );

  it(
    'away at the start: it is waited for with progress, and then the process starts without it',
    async () => {
      await stack.order('kill', 'kafka');
      const node = await openTestNode(options);
      nodes.push(node);
      const startedMs = systemClock.monotonic();
      await node.carrier.ensureTopics([node.log.log]);
      expect(systemClock.monotonic() - startedMs).toBeLessThan(20_000);
      expect(node.problems[0]).toContain(`waiting for Kafka at ${stack.kafkaBrokers.join(', ')} (`);
      expect(node.problems.at(-1)).toContain(
        'does not answer; starting without it: events travel by the table until it does',
      );
      await stack.order('start', 'kafka');
      await node.carrier.ensureTopics([node.log.log]);
    },
    SLOW_MS,
  );
});
