import {
  describeWithStack,
  expectDenseAndChained,
  everythingIn,
  someCommit,
  someWrite,
  startStack,
  takeEvents,
  type Stack,
} from '@thuban/testing';
import type { Recorded } from '@thuban/event-sourcing';
import { eventually, openTestNode, type TestNode, type TestNodeOptions } from './fixtures/kafka.js';
import { systemClock } from './fixtures/clock.js';
import { createKafkaClient, type KafkaClient } from './kafka-client.js';
import { parseRecord, toRecord } from './records.js';
import { ensureTopics, topicOf, topicSpecs, TopicRefused } from './topics.js';

const SHARDS = 4;
const START_MS = 120_000;
const SLOW_MS = 60_000;

describeWithStack(['mysql', 'kafka'], 'Kafka carries the log', () => {
  let stack: Stack;
  let options: TestNodeOptions;
  let topic: string;
  let client: KafkaClient;
  const nodes: TestNode[] = [];

  beforeAll(async () => (stack = await startStack(['mysql', 'kafka'])), START_MS);
  afterAll(() => stack.stop());
  beforeEach(async () => {
    const topicPrefix = stack.freshPrefix();
    options = { mysqlUrl: await stack.freshDatabase(), kafka: { brokers: stack.kafkaBrokers, topicPrefix } };
    topic = topicOf(topicPrefix, 'test');
    client = createKafkaClient({ ...options.kafka, clientId: 'observer' });
  });
  afterEach(async () => {
    client.destroy();
    for (const node of nodes.splice(0)) await node.stop();
  });

  const open = async (more: Partial<TestNodeOptions> = {}): Promise<TestNode> => {
    const node = await openTestNode({ ...options, ...more });
    nodes.push(node);
    return node;
  };
  const relayOf = (node: TestNode, signal = node.signal) =>
    node.carrier.startRelay(node.log, { lease: async () => true, signal });

  /** What the topic holds, by partition. */
  const everythingOn = async (node: TestNode): Promise<Recorded[][]> => {
    const found = await client.records(topic, new Map((await client.offsets(topic)).entries()));
    return Array.from({ length: SHARDS }, (_, shard) =>
      (found.get(shard) ?? []).map((record) => {
        const parsed = parseRecord(node.log.log, shard, record);
        if ('problem' in parsed) throw new Error(parsed.why);
        return parsed.event;
      }),
    );
  };
  /** The topic as a consumer that drops duplicates sees it, after checking that nothing is ever ahead of its time (INV-3). */
  const deduplicated = (partitions: readonly Recorded[][]): Recorded[][] =>
    partitions.map((events) => {
      const kept: Recorded[] = [];
      for (const event of events) {
        expect(event.seq).toBeLessThanOrEqual(kept.length + 1);
        if (event.seq === kept.length + 1) kept.push(event);
      }
      return kept;
    });
  const publishedAll = (relay: { published(): readonly number[] }, node: TestNode) => async (): Promise<boolean> => {
    const tips = await node.log.tips();
    return relay.published().every((seq, shard) => seq === tips[shard]?.seq);
  };

  describe('topics', () => {
    it('are made with a partition for each shard, once, and the one of attempts', async () => {
      const node = await open();
      await node.carrier.ensureTopics([node.log.log]);
      await node.carrier.ensureTopics([node.log.log]);
      expect(await client.partitions(topic)).toBe(SHARDS);
      expect(await client.partitions(`${options.kafka.topicPrefix}.audit.v1`)).toBe(1);
      expect(await client.partitions(`${options.kafka.topicPrefix}.other.v1`)).toBeUndefined();
      expect(node.problems).toEqual([]);
    });

    it('with another number of partitions are refused in one sentence', async () => {
      const address = { ...options.kafka, clientId: 'x' };
      await ensureTopics(client, address, topicSpecs(address, [{ name: 'test', shards: 3 }]));
      const node = await open();
      const refused = node.carrier.ensureTopics([node.log.log]);
      await expect(refused).rejects.toThrow(TopicRefused);
      await expect(refused).rejects.toThrow(
        `the topic ${topic} on Kafka at ${stack.kafkaBrokers.join(', ')} has 3 partitions, and 4 are needed, one for each shard of its log; ` +
          'delete the topic (the log is in MySQL and will be published again) or choose another --kafka-topic-prefix',
      );
    });

    it('that cannot be called so are refused before anything is asked', async () => {
      const node = await open({ kafka: { ...options.kafka, topicPrefix: 'a b' } });
      await expect(node.carrier.ensureTopics([])).rejects.toThrow(/prefix "a b" cannot be part of a topic's name/);
    });
  });

  describe('the relay', () => {
    it(
      'publishes each shard in order, and what others commit within a poll (INV-3, INV-4)',
      async () => {
        const [node, other] = [await open(), await open()];
        await node.log.log.append(someCommit(someWrite(0, 0, 3), someWrite(2, 0, 2)));
        const relay = relayOf(node);
        await eventually('published', publishedAll(relay, node));
        await node.log.log.append(someCommit(someWrite(1, 0, 2000)));
        await other.log.log.append(someCommit(someWrite(0, 3, 2), someWrite(3, 0)));
        await eventually('published', publishedAll(relay, node));
        const partitions = await everythingOn(node);
        expect(partitions).toEqual(await everythingIn(node.log.log));
        expectDenseAndChained('test', partitions);
        expect(node.carrier.metrics().published).toBe(2008);
        expect(relay.active()).toBe(true);
        expect(node.problems).toEqual([]);
      },
      SLOW_MS,
    );

    it(
      'goes on where the partitions end, also after one that died between a send and whatever it wanted to do next',
      async () => {
        const node = await open();
        const address = { ...options.kafka, clientId: 'x' };
        const appended = await node.log.log.append(someCommit(someWrite(0, 0, 5), someWrite(1, 0, 5)));
        await ensureTopics(client, address, topicSpecs(address, [node.log.log]));
        await client.send(
          topic,
          appended.filter(({ seq }) => seq <= 3).map((event) => toRecord(node.log.log, event)),
        );
        const relay = relayOf(node);
        await eventually('published', publishedAll(relay, node));
        expect(await everythingOn(node)).toEqual(await everythingIn(node.log.log));
      },
      SLOW_MS,
    );

    it(
      'twice at once makes duplicates and nothing worse (INV-3)',
      async () => {
        const [node, other] = [await open(), await open()];
        const relays = [relayOf(node), relayOf(other)];
        await node.log.log.append(someCommit(someWrite(3, 0)));
        for (const relay of relays) await eventually('running', () => relay.published()[3] === 1);
        for (let seq = 0; seq < 200; seq += 10) {
          await node.log.log.append(someCommit(someWrite(0, seq, 10), someWrite(1, seq, 10)));
          await other.log.log.append(someCommit(someWrite(2, seq, 10)));
        }
        for (const [i, relay] of relays.entries()) await eventually('published', publishedAll(relay, nodes[i]!));
        expect(deduplicated(await everythingOn(node))).toEqual(await everythingIn(node.log.log));
        expect((await everythingOn(node)).flat().length).toBeGreaterThan(601);
      },
      SLOW_MS,
    );

    it(
      'waits for the lease, and stops when it is lost',
      async () => {
        const node = await open();
        let mine = false;
        const relay = node.carrier.startRelay(node.log, { lease: async () => mine, signal: node.signal });
        await node.log.log.append(someCommit(someWrite(0, 0)));
        await systemClock.after(300);
        expect([relay.active(), relay.published()]).toEqual([false, [0, 0, 0, 0]]);
        mine = true;
        await eventually('published', publishedAll(relay, node));
        mine = false;
        await eventually('given up', () => !relay.active());
        await node.log.log.append(someCommit(someWrite(0, 1)));
        await systemClock.after(300);
        expect(relay.published()[0]).toBe(1);
      },
      SLOW_MS,
    );

    it(
      'publishes again from the beginning when the topic holds another store’s events, and says so',
      async () => {
        const [old, node] = [await open(), await open({ mysqlUrl: await stack.freshDatabase() })];
        const first = new AbortController();
        const relay = relayOf(old, first.signal);
        await old.log.log.append(someCommit(someWrite(0, 0, 5)));
        await eventually('published', publishedAll(relay, old));
        first.abort();
        await relay.ended;
        await node.log.log.append(someCommit(someWrite(0, 0, 2), someWrite(1, 0)));
        const second = relayOf(node);
        await eventually('published', publishedAll(second, node));
        expect((await client.offsets(topic)).map(({ high }) => high)).toEqual([7, 1, 0, 0]);
        expect(node.problems).toHaveLength(1);
        expect(node.problems[0]).toContain(
          `the topic ${topic} holds what the log "test" (${node.log.log.id}) does not have`,
        );
      },
      SLOW_MS,
    );

    it(
      'looks behind a stranger’s record at the end of a partition',
      async () => {
        const node = await open();
        const first = new AbortController();
        const relay = relayOf(node, first.signal);
        await node.log.log.append(someCommit(someWrite(0, 0, 5)));
        await eventually('published', publishedAll(relay, node));
        first.abort();
        await relay.ended;
        await client.send(topic, [{ partition: 0, key: 'x', value: 'hello', headers: {} }]);
        await node.log.log.append(someCommit(someWrite(0, 5)));
        const second = relayOf(node);
        await eventually('published', publishedAll(second, node));
        expect((await client.offsets(topic))[0]?.high).toBe(7);
        expect(node.problems).toEqual([]);
      },
      SLOW_MS,
    );

    it(
      'leaves out an event that the topic does not take, says so, and goes on',
      async () => {
        const node = await open();
        const spec = topicSpecs({ ...options.kafka, clientId: 'x' }, [node.log.log])[0]!;
        await client.createTopics([{ ...spec, config: { ...spec.config, 'max.message.bytes': '2000' } }]);
        const big = {
          ...someWrite(0, 1),
          events: [{ ...someWrite(0, 1).events[0]!, dataText: JSON.stringify({ name: 'x'.repeat(5000) }) }],
        };
        await node.log.log.append(someCommit(someWrite(0, 0)));
        await node.log.log.append(someCommit(big));
        await node.log.log.append(someCommit(someWrite(0, 2), someWrite(1, 0)));
        const relay = relayOf(node);
        await eventually('published', publishedAll(relay, node));
        expect(deduplicated((await everythingOn(node)).slice(1))[0]?.map(({ seq }) => seq)).toEqual([1]);
        expect((await everythingOn(node))[0]?.map(({ seq }) => seq)).toEqual([1, 3]);
        expect(
          node.problems.filter((each) => each.includes('event 2 of shard 0 of the log "test" is larger')),
        ).toHaveLength(1);
      },
      SLOW_MS,
    );

    it(
      'ends at once, without Kafka too',
      async () => {
        const node = await open({ kafka: { ...options.kafka, brokers: ['127.0.0.1:1'] } });
        const relay = relayOf(node);
        await eventually('told', () => node.problems.length > 0);
        const startedMs = systemClock.monotonic();
        await node.stop();
        await relay.ended;
        expect(systemClock.monotonic() - startedMs).toBeLessThan(5000);
      },
      SLOW_MS,
    );
  });

  describe('a subscriber', () => {
    const HARDLY_EVER_MS = 600_000;

    it(
      'gets by Kafka what another process commits, in order, from now on',
      async () => {
        const writer = await open();
        const reader = await open({ pollMs: HARDLY_EVER_MS });
        await writer.log.log.append(someCommit(someWrite(0, 0, 3)));
        relayOf(writer);
        void reader.carrier.followTopic(reader.log, reader.signal);
        await eventually('joined', () => reader.carrier.metrics().joins > 0);
        const taking = takeEvents(reader.log.log.subscribe(undefined, reader.signal), 60);
        for (let seq = 0; seq < 50; seq++) await writer.log.log.append(someCommit(someWrite(1, seq)));
        await writer.log.log.append(someCommit(someWrite(2, 0, 7)));
        const taken = await taking;
        const everything = await everythingIn(writer.log.log);
        for (const shard of [0, 1, 2])
          expect(taken.filter((event) => event.shard === shard)).toEqual(everything[shard]);
        expect(reader.store.counts().polls).toBeLessThan(10);
      },
      SLOW_MS,
    );

    /** A reader that has taken the first event of shard 0 and waits for Kafka to bring the next ones, which are returned as records. */
    const waiting = async (count: number) => {
      const writer = await open();
      const reader = await open({ pollMs: HARDLY_EVER_MS });
      const { log } = writer.log;
      await writer.carrier.ensureTopics([log]);
      void reader.carrier.followTopic(reader.log, reader.signal);
      await eventually('joined', () => reader.carrier.metrics().joins > 0);
      const taken: Recorded[] = [];
      const takeAll = async (): Promise<void> => {
        for await (const batch of reader.log.log.subscribe(undefined, reader.signal)) taken.push(...batch);
      };
      await log.append(someCommit(someWrite(0, 0)));
      void takeAll();
      await eventually('the first', () => taken.length === 1);
      const events = await log.append(someCommit(someWrite(0, 1, count)));
      return { log, reader, taken, events, records: events.map((event) => toRecord(log, event)) };
    };

    it(
      'takes no harm from poison, reads the gap from the table, and tells of it once (INV-3)',
      async () => {
        const { log, reader, taken, records } = await waiting(4);
        const [first, second, third, fourth] = records;
        const poison = { partition: 0, key: 'x', value: '{', headers: {} };
        const newer = { ...second!, headers: { ...second!.headers, ce_type: 'dev.thuban.NamespaceCreated.v9' } };
        const misplaced = { ...third!, headers: { ...third!.headers, seq: '2' } };
        await client.send(topic, [poison, first!, first!, newer, misplaced, poison, fourth!]);
        await eventually('all', () => taken.length >= 5);
        expect(taken).toEqual((await everythingIn(log))[0]);
        expect(reader.store.gaps()).toBe(2);
        const dropped = { malformed: 3, unknown: 1, foreign: 0, forged: 0 };
        expect(reader.carrier.metrics()).toMatchObject({ joins: 1, dropped });
        expect(reader.problems).toHaveLength(2);
      },
      SLOW_MS,
    );

    it(
      'does not believe an event that somebody made up (INV-4)',
      async () => {
        const { log, reader, taken, events, records } = await waiting(3);
        const forged = toRecord(log, { ...events[1]!, data: { name: 'forged' } });
        await client.send(topic, [records[0]!, forged, records[2]!]);
        await eventually('all', () => taken.length >= 4);
        expect(taken).toEqual((await everythingIn(log))[0]);
        expect(reader.carrier.metrics().dropped.forged).toBe(1);
      },
      SLOW_MS,
    );

    it(
      'gets everything by the table within two seconds while there is no Kafka, and starts without it',
      async () => {
        const kafka = { ...options.kafka, brokers: ['127.0.0.1:1'] };
        const [writer, reader] = [await open({ kafka }), await open({ kafka })];
        relayOf(writer);
        void reader.carrier.followTopic(reader.log, reader.signal);
        const startedMs = systemClock.monotonic();
        const taking = takeEvents(reader.log.log.subscribe(undefined, reader.signal), 5);
        await writer.log.log.append(someCommit(someWrite(0, 0, 5)));
        expect(await taking).toHaveLength(5);
        expect(systemClock.monotonic() - startedMs).toBeLessThan(2000);
      },
      SLOW_MS,
    );
  });

  describe('attempts', () => {
    it(
      'reach their topic',
      async () => {
        const node = await open();
        const attempts = node.carrier.publishAttempts('registry');
        for (let i = 0; i < 3; i++)
          attempts.publish({
            ...{ time: '2026-01-01T00:00:00.000Z', actor: 'http:10.0.0.1', requestId: `r${i}` },
            ...{ action: 'DeleteService', outcome: 'denied', reason: 'PERMISSION_DENIED' },
          });
        await eventually('published', () => attempts.metrics().published === 3);
        const audit = `${options.kafka.topicPrefix}.audit.v1`;
        const found = (await client.records(audit, new Map((await client.offsets(audit)).entries()))).get(0)!;
        expect(found.map(({ value }) => (JSON.parse(value!.toString()) as { requestId: string }).requestId)).toEqual([
          'r0',
          'r1',
          'r2',
        ]);
        expect(found[0]?.headers).toMatchObject({
          ce_type: 'dev.thuban.Attempt.v1',
          ce_source: '/thuban/registry',
          actor: 'http:10.0.0.1',
        });
        await attempts.close();
      },
      SLOW_MS,
    );

    it(
      'wait in a bounded queue while Kafka is away, the rest is dropped and counted (INV-17)',
      async () => {
        const node = await open({ kafka: { ...options.kafka, brokers: ['127.0.0.1:1'] } });
        const attempts = node.carrier.publishAttempts('registry');
        const attempt = {
          time: '2026-01-01T00:00:00.000Z',
          actor: 'a',
          requestId: 'r',
          action: 'X',
          outcome: 'failed',
          reason: 'UNAVAILABLE',
        } as const;
        for (let i = 0; i < 6000; i++) attempts.publish(attempt);
        expect(attempts.metrics()).toEqual({ published: 0, dropped: 1000, waiting: 5000 });
        await eventually('told', () => node.problems.length === 1);
        await attempts.close();
        expect(attempts.metrics()).toEqual({ published: 0, dropped: 6000, waiting: 0 });
      },
      SLOW_MS,
    );
  });
});
