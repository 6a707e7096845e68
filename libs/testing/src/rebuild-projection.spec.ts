// Beside the memory log rather than beside rebuildProjection: the kernel depends on nothing, not even in its tests.
import {
  checkpointName,
  rebuildProjection,
  runProjection,
  type EventLog,
  type Projection,
  type Recorded,
  type Slot,
} from '@thuban/event-sourcing';
import { fakeClock } from './clock.js';
import { everythingIn, someCommit, someWrite } from './event-log-contract.js';
import { openMemoryDatabase, type MemoryDatabase, type MemoryTx } from './memory-database.js';
import { openMemoryLog } from './memory-log.js';

/** Rows named after their slot; `version` is what the fold makes of an event. */
const rows = (
  version: string,
  onEvent: (event: Recorded, slot: Slot) => void = () => undefined,
): Projection<MemoryTx> => ({
  name: 'rows',
  project: async (tx, events, slot) => {
    for (const event of events) {
      onEvent(event, slot);
      tx.rows.set(`${slot} ${event.shard}/${event.seq}`, version);
    }
  },
  reset: async (tx, slot) => {
    for (const key of [...tx.rows.keys()]) if (key.startsWith(slot)) tx.rows.delete(key);
  },
});

const append = async (log: EventLog, shard: number, count = 1): Promise<unknown> =>
  log.append(someCommit(someWrite(shard, (await log.tips())[shard]?.seq ?? 0, count)));

const read = async (database: MemoryDatabase): Promise<Record<string, string>> => {
  const slot = await database.activeSlot('rows');
  return Object.fromEntries(
    [...database.rows].filter(([key]) => key.startsWith(slot)).map(([key, row]) => [key.slice(2), row]),
  );
};

describe('a rebuild', () => {
  let log: EventLog;
  let database: MemoryDatabase;
  let abort: AbortController;
  const options = (projection: Projection<MemoryTx>) => ({
    ...{ log, database, projection, signal: abort.signal, clock: fakeClock() },
  });
  const all = async (version: string): Promise<Record<string, string>> =>
    Object.fromEntries((await everythingIn(log)).flat().map(({ shard, seq }) => [`${shard}/${seq}`, version]));
  /** What a process does: projects, and begins again when it was stopped. */
  const keepProjecting = async (projection: Projection<MemoryTx>): Promise<void> => {
    while (!abort.signal.aborted) await runProjection(options(projection)).catch(() => undefined);
  };
  const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
    while (!(await condition())) await new Promise(setImmediate);
  };
  const isAtTips = async (): Promise<boolean> => {
    const slot = await database.activeSlot('rows');
    const checkpoint = await database.checkpointOf(checkpointName('rows', slot));
    return checkpoint?.tips.map(({ seq }) => seq).join() === (await log.tips()).map(({ seq }) => seq).join();
  };

  beforeEach(async () => {
    [log, database, abort] = [openMemoryLog({ name: 'test', shards: 3 }), openMemoryDatabase(), new AbortController()];
    await append(log, 0, 3);
    await append(log, 1, 2);
  });

  it('fills the other slot beside the old rows, switches in one commit, and drops the old ones', async () => {
    const projecting = keepProjecting(rows('old'));
    await until(isAtTips);
    const old = await all('old');
    let looks = 0;
    const inSight = rows('new');
    const rebuilding = rebuildProjection(
      options({
        ...inSight,
        project: async (tx, events, slot) => {
          await inSight.project(tx, events, slot);
          expect(await read(database)).toEqual(old);
          looks++;
        },
        // The last step: the new ones are read already.
        reset: async (tx, slot) => {
          expect(await read(database)).toEqual(slot === 'b' ? old : await all('new'));
          await inSight.reset(tx, slot);
          looks++;
        },
      }),
    );
    expect(await rebuilding).toBe('b');
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(await read(database)).toEqual(await all('new'));
    expect([...database.rows.keys()].filter((key) => key.startsWith('a'))).toEqual([]);
    expect(await database.checkpointOf('rows')).toBeUndefined();
    abort.abort();
    await projecting;
  });

  it('sends the projector of the old rows to the new ones, and back with the next rebuild', async () => {
    const projecting = keepProjecting(rows('x'));
    await until(isAtTips);
    for (const slot of ['b', 'a', 'b']) {
      expect(await rebuildProjection(options(rows('x')))).toBe(slot);
      await append(log, 2, 2);
      await until(isAtTips);
      expect(await read(database)).toEqual(await all('x'));
    }
    abort.abort();
    await projecting;
  });

  it('has what was appended while it ran', async () => {
    await append(log, 0, 3000);
    let appended = false;
    const adding = rows('new', () => {
      if (appended) return;
      appended = true;
      void append(log, 2, 5);
    });
    await rebuildProjection(options(adding));
    expect(await read(database)).toEqual(await all('new'));
  });

  it('that was broken off leaves the old rows in use, and the next one begins anew', async () => {
    const broken = rows('half', ({ shard }) => {
      if (shard === 1) abort.abort();
    });
    await append(log, 0, 2000);
    expect(await rebuildProjection(options(broken))).toBeUndefined();
    expect(await database.activeSlot('rows')).toBe('a');
    abort = new AbortController();
    await rebuildProjection(options(rows('new')));
    expect(await read(database)).toEqual(await all('new'));
  });

  it('of an empty log switches at once', async () => {
    log = openMemoryLog({ name: 'empty', shards: 2 });
    expect(await rebuildProjection(options(rows('new')))).toBe('b');
    expect(await read(database)).toEqual({});
  });

  it('forgets what was parked: it folds again', async () => {
    let poison = true;
    const folding = rows('x', ({ seq }) => {
      if (poison && seq === 2) throw new Error('no');
    });
    const projecting = keepProjecting(folding);
    await until(isAtTips);
    expect(database.parked('rows').length).toBeGreaterThan(0);
    poison = false;
    await rebuildProjection(options(folding));
    expect([database.parked('rows'), database.parked('rows/b')]).toEqual([[], []]);
    expect(await read(database)).toEqual(await all('x'));
    abort.abort();
    await projecting;
  });
});
