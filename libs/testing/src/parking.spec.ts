// Beside the memory log rather than beside runProjection: the kernel depends on nothing, not even in its tests.
import {
  runProjection,
  unparkKey,
  type EventLog,
  type Parked,
  type Projection,
  type Recorded,
  type RunProjectionOptions,
} from '@thuban/event-sourcing';
import fc from 'fast-check';
import { fakeClock } from './clock.js';
import { everythingIn, someCommit, someWrite } from './event-log-contract.js';
import { openMemoryDatabase, type MemoryDatabase, type MemoryTx } from './memory-database.js';
import { openMemoryLog } from './memory-log.js';

const memoryLog = (): EventLog => openMemoryLog({ name: 'test', shards: 3 });
const placeOf = ({ shard, seq }: { readonly shard: number; readonly seq: number }): string => `${shard}/${seq}`;
/** Five keys, each within one shard. */
const keyOf = ({ shard, seq }: Recorded): string => `${shard}-${seq % 2}`;

/** One row for each key: the places of its events, in the order in which they were folded. */
const listing = (isPoison: (event: Recorded) => boolean): Projection<MemoryTx> => ({
  name: 'listing',
  keyOf,
  project: async ({ rows }, events) => {
    for (const event of events) {
      if (isPoison(event)) throw new Error(`cannot fold ${placeOf(event)}`);
      rows.set(keyOf(event), `${rows.get(keyOf(event)) ?? ''} ${placeOf(event)}`);
    }
  },
  reset: async ({ rows }) => rows.clear(),
});

const append = async (log: EventLog, shard: number, count: number): Promise<unknown> =>
  log.append(someCommit(someWrite(shard, (await log.tips())[shard]?.seq ?? 0, count)));

const expectedRows = (events: readonly Recorded[]): ReadonlyMap<string, string> => {
  const rows = new Map<string, string>();
  for (const event of events) rows.set(keyOf(event), `${rows.get(keyOf(event)) ?? ''} ${placeOf(event)}`);
  return rows;
};

/** Runs until the checkpoint is at the tips. */
const run = async (
  log: EventLog,
  database: MemoryDatabase,
  projection: Projection<MemoryTx>,
  more: Partial<RunProjectionOptions<MemoryTx, Recorded>> = {},
): Promise<{ readonly parkedKeys: number; readonly told: readonly Parked[] }> => {
  const abort = new AbortController();
  const target = (await log.tips()).map(({ seq }) => seq).join();
  const told: Parked[] = [];
  let parkedKeys = 0;
  if ((await database.checkpointOf(projection.name))?.tips.map(({ seq }) => seq).join() === target)
    return { parkedKeys, told };
  await runProjection({
    ...{ log, database, projection, clock: fakeClock(), signal: abort.signal },
    onParked: (parked) => void told.push(parked),
    onProgress: (progress) => {
      parkedKeys = progress.parkedKeys;
      if (progress.seqs.join() === target) abort.abort();
    },
    ...more,
  });
  return { parkedKeys, told };
};

describe('a projection that cannot fold an event', () => {
  it('parks it and what comes after it for the same key, and goes on with everything else', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 0, 6);
    await append(log, 1, 2);
    const { parkedKeys, told } = await run(
      log,
      database,
      listing((event) => placeOf(event) === '0/3'),
    );
    expect(Object.fromEntries(database.rows)).toEqual({
      '0-0': ' 0/2 0/4 0/6',
      '0-1': ' 0/1',
      '1-0': ' 1/2',
      '1-1': ' 1/1',
    });
    expect(database.parked('listing').map(({ key, error, ...event }) => [key, placeOf(event), error])).toEqual([
      ['0-1', '0/3', 'Error: cannot fold 0/3'],
      ['0-1', '0/5', ''],
    ]);
    expect(parkedKeys).toBe(1);
    expect(told).toEqual([
      expect.objectContaining({
        projection: 'listing',
        key: '0-1',
        shard: 0,
        seq: 3,
        error: new Error('cannot fold 0/3'),
      }),
    ]);
    expect((await database.checkpointOf('listing'))?.tips).toEqual(await log.tips());
  });

  it('queues later events of the key without trying them, also after a restart', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 0, 1);
    await run(
      log,
      database,
      listing(() => true),
    );
    await append(log, 0, 2);
    const { told } = await run(
      log,
      database,
      listing(() => false),
    );
    expect(told).toEqual([]);
    expect(database.parked('listing').map(placeOf)).toEqual(['0/1', '0/3']);
    expect(Object.fromEntries(database.rows)).toEqual({ '0-0': ' 0/2' });
  });

  it('keeps the event as it was', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 2, 1);
    await run(
      log,
      database,
      listing(() => true),
    );
    const [event] = (await everythingIn(log)).flat();
    expect(database.parked('listing').map((parked) => JSON.parse(parked.event) as unknown)).toEqual([event]);
  });

  it('folds what waits, in order, when it is unparked, and nothing waits any more', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 0, 1200 * 2);
    await run(
      log,
      database,
      listing((event) => placeOf(event) === '0/1'),
    );
    expect(
      await unparkKey(
        database,
        listing(() => false),
        '0-1',
      ),
    ).toBe(1200);
    expect(
      await unparkKey(
        database,
        listing(() => false),
        '0-1',
      ),
    ).toBe(0);
    expect(database.parked('listing')).toEqual([]);
    expect(database.rows).toEqual(expectedRows((await everythingIn(log)).flat()));
  });

  it('goes on waiting when it cannot be folded yet', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 0, 3);
    const poisoned = listing((event) => placeOf(event) === '0/1');
    await run(log, database, poisoned);
    await expect(unparkKey(database, poisoned, '0-1')).rejects.toThrow('cannot fold 0/1');
    expect(database.parked('listing').map(placeOf)).toEqual(['0/1', '0/3']);
  });

  it('stops when so many keys fail that it must be the fold', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 0, 2);
    await append(log, 1, 2);
    const running = run(
      log,
      database,
      listing(() => true),
      { parkedKeysMax: 3 },
    );
    await expect(running).rejects.toThrow('listing cannot fold the events of 3 keys and stops: Error: cannot fold 1/2');
    expect(database.parked('listing')).toHaveLength(3);
  });

  it('finds the key of an event that lacks what keys are made of: its stream', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 0, 1);
    const keyless: Projection<MemoryTx> = {
      ...listing(() => true),
      keyOf: () => {
        throw new TypeError('no such field');
      },
    };
    const { told } = await run(log, database, keyless);
    const [event] = (await everythingIn(log)).flat();
    expect(told.map(({ key }) => key)).toEqual([event?.stream]);
  });

  it('loses nothing: whatever fails and whenever it is mended, in the end every key has all its events in order (INV-5)', async () => {
    const step = fc.record({ shard: fc.nat({ max: 2 }), count: fc.integer({ min: 1, max: 5 }) });
    const poison = fc.uniqueArray(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 1, max: 12 })), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        poison,
        fc.nat({ max: 8 }),
        async (steps, bad, mendAt) => {
          const [log, database] = [memoryLog(), openMemoryDatabase()];
          const poisons = new Set(bad.map(([shard, seq]) => `${shard}/${seq}`));
          const projection = listing((event) => poisons.has(placeOf(event)));
          for (const [i, { shard, count }] of steps.entries()) {
            await append(log, shard, count);
            await run(log, database, projection);
            const untouched = (await everythingIn(log)).flat().filter((event) => !poisons.has(placeOf(event)));
            for (const [key, row] of database.rows)
              expect(expectedRows(untouched).get(key)?.startsWith(row)).toBe(true);
            if (i !== mendAt) continue;
            poisons.clear();
            for (const { key } of database.parked('listing')) await unparkKey(database, projection, key);
          }
          poisons.clear();
          for (const { key } of database.parked('listing')) await unparkKey(database, projection, key);
          expect(Object.fromEntries(database.rows)).toEqual(
            Object.fromEntries(expectedRows((await everythingIn(log)).flat())),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('sabotage: checkpoint-outside-transaction', () => {
  it('loses the events of a crash between the two, which the law of INV-5 shows', async () => {
    const [log, database] = [memoryLog(), openMemoryDatabase()];
    await append(log, 0, 2);
    const crashing = { ...openMemoryDatabase() };
    let transactions = 0;
    crashing.transaction = (work) =>
      ++transactions === 2 ? Promise.reject(new Error('crash')) : database.transaction(work);
    crashing.checkpointOf = database.checkpointOf;
    const sabotage = 'checkpoint-outside-transaction';
    await expect(
      run(
        log,
        crashing,
        listing(() => false),
        { sabotage },
      ),
    ).rejects.toThrow('crash');
    await run(
      log,
      database,
      listing(() => false),
    );
    expect(database.rows.size).toBe(0);
  });
});
