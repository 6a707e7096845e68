// Beside the memory log rather than beside runProjection: the kernel depends on nothing, not even in its tests.
import {
  DatabaseUnavailable,
  runProjection,
  type EventLog,
  type Projection,
  type Recorded,
  type RunProjectionOptions,
} from '@thuban/event-sourcing';
import fc from 'fast-check';
import { fakeClock } from './clock.js';
import { everythingIn, someCommit, someWrite } from './event-log-contract.js';
import { openMemoryDatabase, type MemoryDatabase, type MemoryTx } from './memory-database.js';
import { openMemoryLog } from './memory-log.js';

/** Counts how often each event was projected, so that one that is projected twice shows. */
const counting = (fail: () => boolean = () => false): Projection<MemoryTx> => ({
  name: 'counting',
  project: async ({ rows }, events) => {
    for (const { shard, seq, stream } of events) {
      const row = `${shard}/${seq} ${stream}`;
      rows.set(row, `${Number(rows.get(row) ?? 0) + 1}`);
      if (fail()) throw new DatabaseUnavailable('crash');
    }
  },
  reset: async ({ rows }) => rows.clear(),
});
const rowsOf = (events: readonly Recorded[]): Map<string, string> =>
  new Map(events.map(({ shard, seq, stream }) => [`${shard}/${seq} ${stream}`, '1']));
const sorted = (rows: ReadonlyMap<string, string>): [string, string][] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

const memoryLog = (): EventLog => openMemoryLog({ name: 'test', shards: 3 });

/** Runs until the rows are at the tips of the log. */
const runToTips = async (
  log: EventLog,
  database: MemoryDatabase,
  more: Partial<RunProjectionOptions<MemoryTx, Recorded>> = {},
): Promise<void> => {
  const abort = new AbortController();
  const tips = await log.tips();
  const target = tips.map(({ seq }) => seq).join();
  if ((await database.checkpointOf('counting'))?.tips.map(({ seq }) => seq).join() === target && !more.onRebuild)
    return;
  await runProjection({
    log,
    database,
    projection: counting(),
    signal: abort.signal,
    clock: fakeClock(),
    ...more,
    onProgress: (progress) => {
      more.onProgress?.(progress);
      if (progress.seqs.join() === target) abort.abort();
    },
  });
};

describe('a projection', () => {
  it('follows the log and tells how far it is', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await log.append(someCommit(someWrite(0, 0, 2), someWrite(2, 0)));
    const seen: (readonly number[])[] = [];
    await runToTips(log, database, { onProgress: ({ seqs }) => void seen.push(seqs) });
    await log.append(someCommit(someWrite(2, 1)));
    await runToTips(log, database, { onProgress: ({ seqs }) => void seen.push(seqs) });
    expect(seen).toEqual([
      [2, 0, 1],
      [2, 0, 2],
    ]);
    expect(await database.checkpointOf('counting')).toEqual({ logId: log.id, tips: await log.tips() });
    expect(sorted(database.rows)).toEqual(sorted(rowsOf((await everythingIn(log)).flat())));
  });

  it('equals the fold of the log after any crashes between and within batches (INV-5)', async () => {
    const step = fc.record({
      shard: fc.nat({ max: 2 }),
      count: fc.integer({ min: 1, max: 4 }),
      crashAfter: fc.nat({ max: 6 }),
      abortAfter: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const [log, database] = [memoryLog(), openMemoryDatabase()];
        for (const { shard, count, crashAfter, abortAfter } of steps) {
          await log.append(someCommit(someWrite(shard, (await log.tips())[shard]?.seq ?? 0, count)));
          let left = crashAfter;
          const abort = new AbortController();
          const target = (await log.tips()).map(({ seq }) => seq).join();
          let batches = 0;
          const running = runProjection({
            log,
            database,
            projection: counting(() => left-- === 0),
            signal: abort.signal,
            clock: fakeClock(),
            onProgress: ({ seqs }) => {
              if (++batches > abortAfter || seqs.join() === target) abort.abort();
            },
          });
          await running.catch((error: Error) => expect(error.message).toBe('crash'));
        }
        await runToTips(log, database);
        expect(sorted(database.rows)).toEqual(sorted(rowsOf((await everythingIn(log)).flat())));
      }),
      { numRuns: 60 },
    );
  });

  it('is made anew, and says so, when its checkpoint is of another log (INV-5)', async () => {
    const [old, database] = [memoryLog(), openMemoryDatabase()];
    await old.append(someCommit(someWrite(0, 0, 5)));
    await runToTips(old, database);
    const log = memoryLog();
    await log.append(someCommit(someWrite(1, 0, 2)));
    const reasons: string[] = [];
    await runToTips(log, database, { onRebuild: (reason) => void reasons.push(reason) });
    expect(reasons).toEqual([expect.stringContaining('checkpoint')]);
    expect(sorted(database.rows)).toEqual(sorted(rowsOf((await everythingIn(log)).flat())));
    expect((await database.checkpointOf('counting'))?.logId).toBe(log.id);
  });

  it('leaves its rows to a second projector that was faster, and stops', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await log.append(someCommit(someWrite(0, 0, 2)));
    const abort = new AbortController();
    const options = { log, database, projection: counting(), signal: abort.signal, clock: fakeClock() };
    const outcomes = Promise.allSettled([runProjection(options), runProjection(options)]);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    abort.abort();
    expect((await outcomes).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(sorted(database.rows)).toEqual(sorted(rowsOf((await everythingIn(log)).flat())));
  });

  it('never steps over a gap (INV-3)', async () => {
    const [inner, database] = [memoryLog(), openMemoryDatabase()];
    await inner.append(someCommit(someWrite(0, 0, 3)));
    const log: EventLog = {
      ...inner,
      subscribe: async function* (from, signal) {
        for await (const batch of inner.subscribe(from, signal)) yield batch.filter(({ seq }) => seq !== 2);
      },
    };
    await expect(runToTips(log, database)).rejects.toThrow(/event 2 of shard 0 is missing/);
    expect(database.rows.size).toBe(0);
  });

  it('pauses after each batch, so that a burst becomes few transactions', async () => {
    const [log, database, clock] = [memoryLog(), openMemoryDatabase(), fakeClock()];
    const abort = new AbortController();
    const batches: number[] = [];
    const running = runProjection({
      log,
      database,
      projection: counting(),
      signal: abort.signal,
      clock,
      pauseMs: 50,
      onProgress: ({ events }) => void batches.push(events),
    });
    for (let seq = 0; seq < 5; seq++) {
      await log.append(someCommit(someWrite(0, seq)));
      await clock.advance(5);
    }
    expect(batches).toEqual([1]);
    await clock.advance(50);
    expect(batches).toEqual([1, 5]);
    abort.abort();
    await running;
  });

  it('does not pause while it is far behind', async () => {
    const [log, database, clock] = [memoryLog(), openMemoryDatabase(), fakeClock()];
    await log.append(someCommit(someWrite(0, 0, 2_500)));
    const abort = new AbortController();
    const running = runProjection({
      log,
      database,
      projection: counting(),
      signal: abort.signal,
      clock, // which stands still
      pauseMs: 50,
      onProgress: ({ events }) => void (events === 2_500 && abort.abort()),
    });
    await running;
    expect(database.rows.size).toBe(2_500);
  });

  it('lets each batch be observed until its rows are committed, or its failure', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await log.append(someCommit(someWrite(0, 0), someWrite(1, 0)));
    const seen: unknown[] = [];
    const observe: RunProjectionOptions<MemoryTx, Recorded>['observe'] = (events) => {
      seen.push(events.length);
      return (error) => void seen.push(error === undefined ? database.rows.size : String(error));
    };
    const projection = counting(() => true);
    await expect(runToTips(log, database, { observe, projection })).rejects.toThrow('crash');
    await runToTips(log, database, { observe });
    expect(seen).toEqual([2, 'DatabaseUnavailable: crash', 2, 2]);
  });
});
