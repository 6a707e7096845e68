import type { EventLog } from '@thuban/event-sourcing';
import { fakeClock, openMemoryLog, someCommit, someWrite } from '@thuban/testing';
import fc from 'fast-check';
import { memoryKafka, type Fate } from './fixtures/memory-kafka.js';
import { placeOf } from './records.js';
import { startRelay } from './relay.js';

const SHARDS = 3;

const setUp = () => {
  const log = openMemoryLog({ name: 'test', shards: SHARDS });
  const kafka = memoryKafka(SHARDS);
  const clock = fakeClock();
  const problems: string[] = [];
  const start = () => {
    const stop = new AbortController();
    const relay = startRelay({
      ...{ log, topic: 't', connect: kafka.connect, clock, signal: stop.signal },
      ensureTopics: async () => undefined,
      lease: async () => true,
      setPollMs: () => undefined,
      onProblem: (what, error) => void problems.push(`${what}: ${(error as Error).message}`),
    });
    return { relay, stop };
  };
  const seqs = (partition: number): number[] =>
    kafka.partitions[partition]!.map((record) => {
      const place = placeOf(log, partition, record);
      return 'seq' in place ? place.seq : NaN;
    });
  const isWhole = async (): Promise<boolean> =>
    (await log.tips()).every(({ seq }, shard) => {
      const found = new Set(seqs(shard));
      return found.size === seq && !found.has(NaN);
    });
  const until = async (is: () => boolean | Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 60 && !(await is()); i++) await clock.advance(500);
    expect(await is()).toBe(true);
  };
  return { log, kafka, clock, problems, start, seqs, isWhole, until };
};

const append = async (log: EventLog, shard: number, count: number): Promise<void> => {
  const seq = (await log.tips())[shard]!.seq;
  await log.append(someCommit(someWrite(shard, seq, count)));
};

describe('the relay', () => {
  it('notices by the offset that it is given that Kafka has lost what was before, though no request failed (INV-3)', async () => {
    const { log, kafka, start, seqs, until } = setUp();
    const { relay } = start();
    await append(log, 1, 5);
    await until(() => relay.published()[1] === 5);
    kafka.loseTail(1, 2);
    await append(log, 1, 1);
    await until(() => seqs(1).length >= 7);
    expect(seqs(1)).toEqual([1, 2, 3, 6, 4, 5, 6]);
    expect(relay.published()).toEqual([0, 6, 0]);
  });

  it('notices it within seconds when nothing is committed (INV-3)', async () => {
    const { log, kafka, start, seqs, until } = setUp();
    const { relay } = start();
    await append(log, 1, 5);
    await append(log, 2, 2);
    await until(() => relay.published()[1] === 5 && relay.published()[2] === 2);
    kafka.loseTail(1, 5);
    await until(() => seqs(1).length === 5);
    expect(seqs(1)).toEqual([1, 2, 3, 4, 5]);
    expect(seqs(2)).toEqual([1, 2]);
  });

  it('sends again when an answer was lost, and tells of a trouble that lasts', async () => {
    const { log, kafka, problems, start, seqs, until } = setUp();
    start();
    await append(log, 0, 1);
    await until(() => seqs(0).length === 1);
    kafka.fate('unanswered');
    await append(log, 0, 1);
    await until(() => problems.length > 0);
    kafka.fate('works');
    await append(log, 0, 1);
    await until(() => seqs(0).includes(3));
    expect(new Set(seqs(0))).toEqual(new Set([1, 2, 3]));
    expect(problems).toEqual([expect.stringContaining('the log "test" is not published to Kafka now')]);
  });

  it('leaves nothing out, whatever happens to Kafka and to relays (INV-3)', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('append' as const),
          shard: fc.nat(SHARDS - 1),
          count: fc.integer({ min: 1, max: 5 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('fate' as const),
          fate: fc.constantFrom<Fate>('works', 'works', 'works', 'dropped', 'unanswered'),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('lose' as const),
          shard: fc.nat(SHARDS - 1),
          count: fc.integer({ min: 1, max: 8 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 1000, 3000) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), async (steps) => {
        const { log, kafka, clock, start, isWhole, until } = setUp();
        const running = [start()];
        await clock.advance(1000);
        for (const each of steps) {
          if (each.do === 'append') await append(log, each.shard, each.count);
          else if (each.do === 'fate') kafka.fate(each.fate);
          else if (each.do === 'lose') kafka.loseTail(each.shard, each.count);
          else if (each.do === 'start' && running.length < 3) running.push(start());
          else if (each.do === 'stop') running.shift()?.stop.abort();
          else if (each.do === 'wait') await clock.advance(each.ms);
        }
        kafka.fate('works');
        if (running.length === 0) running.push(start());
        await until(isWhole);
        for (const { stop } of running) stop.abort();
        await Promise.all(running.map(({ relay }) => relay.ended));
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
