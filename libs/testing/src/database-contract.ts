import type { Checkpoint, Database, ParkedEvent, ProjectionTx } from '@thuban/event-sourcing';

/** A database under test, empty, with some table that holds a text for a key. */
export interface DatabaseFixture<Tx extends ProjectionTx> {
  readonly database: Database<Tx>;
  write(tx: Tx, key: string, value: string): Promise<void>;
  /** The committed text. */
  valueOf(key: string): Promise<string | undefined>;
  /** Closes the database and opens it again. */
  reopen(): Promise<Database<Tx>>;
  cleanUp(): Promise<void>;
}

const at = (seq: number, logId = 'log', hash = `hash-${seq}`): Checkpoint => ({
  logId,
  tips: [
    { seq, hash },
    { seq: 7, hash: 'hash-7' },
  ],
});

/**
 * What every database of read models promises: rows and checkpoint move together, and one of two movers wins.
 * @example databaseContract('SQLite', openFixture);
 */
export const databaseContract = <Tx extends ProjectionTx>(
  name: string,
  open: () => Promise<DatabaseFixture<Tx>>,
): void =>
  describe(`${name} keeps the database contract`, () => {
    let fixture: DatabaseFixture<Tx>;
    let database: Database<Tx>;
    beforeEach(async () => {
      fixture = await open();
      database = fixture.database;
    });
    afterEach(() => fixture.cleanUp());

    const save = (previous: Checkpoint | undefined, next: Checkpoint, projection = 'p'): Promise<boolean> =>
      database.transaction((tx) => tx.saveCheckpoint(projection, previous, next));

    it('knows no checkpoint of a projection that has not begun', async () => {
      expect(await database.checkpointOf('p')).toBeUndefined();
    });

    it('moves a checkpoint from where it is', async () => {
      expect(await save(undefined, at(1))).toBe(true);
      expect(await save(at(1), at(5))).toBe(true);
      expect(await database.checkpointOf('p')).toEqual(at(5));
    });

    it('keeps large seqs exact', async () => {
      const large = at(Number.MAX_SAFE_INTEGER);
      await save(undefined, large);
      expect(await database.checkpointOf('p')).toEqual(large);
    });

    it('moves to another log with another number of shards, and to fewer shards', async () => {
      await save(undefined, at(3));
      const wider: Checkpoint = { logId: 'other', tips: [0, 0, 0].map((seq) => ({ seq, hash: 'genesis' })) };
      expect(await save(at(3), wider)).toBe(true);
      expect(await database.checkpointOf('p')).toEqual(wider);
      expect(await save(wider, at(1))).toBe(true);
      expect(await database.checkpointOf('p')).toEqual(at(1));
    });

    it.each<[string, Checkpoint | undefined]>([
      ['nothing', undefined],
      ['another seq', at(1)],
      ['another hash', at(2, 'log', 'forged')],
      ['another log', at(2, 'other')],
      ['fewer shards', { ...at(2), tips: at(2).tips.slice(1) }],
    ])('refuses to move from %s when it is elsewhere', async (_, previous) => {
      await save(undefined, at(2));
      expect(await save(previous, at(3))).toBe(false);
      expect(await database.checkpointOf('p')).toEqual(at(2));
    });

    it('refuses to move from somewhere when there is nothing', async () => {
      expect(await save(at(1), at(2))).toBe(false);
      expect(await database.checkpointOf('p')).toBeUndefined();
    });

    it('keeps projections apart', async () => {
      await save(undefined, at(1), 'p');
      await save(undefined, at(2), 'q');
      expect([await database.checkpointOf('p'), await database.checkpointOf('q')]).toEqual([at(1), at(2)]);
    });

    it('commits rows and checkpoint together', async () => {
      const result = await database.transaction(async (tx) => {
        await fixture.write(tx, 'a', '1');
        return tx.saveCheckpoint('p', undefined, at(1));
      });
      expect([result, await fixture.valueOf('a'), await database.checkpointOf('p')]).toEqual([true, '1', at(1)]);
    });

    it('rolls both back on a throw, and goes on', async () => {
      await database.transaction((tx) => fixture.write(tx, 'a', 'old'));
      const failing = database.transaction(async (tx) => {
        await fixture.write(tx, 'a', 'new');
        await tx.saveCheckpoint('p', undefined, at(1));
        throw new Error('projection bug');
      });
      await expect(failing).rejects.toThrow('projection bug');
      expect([await fixture.valueOf('a'), await database.checkpointOf('p')]).toEqual(['old', undefined]);
      expect(await save(undefined, at(1))).toBe(true);
    });

    it('lets one of two racing projectors win, and only its rows (INV-5)', async () => {
      const project = (value: string): Promise<void> =>
        database.transaction(async (tx) => {
          await fixture.write(tx, 'a', value);
          if (!(await tx.saveCheckpoint('p', undefined, at(1)))) throw new Error('lost');
        });
      const outcomes = await Promise.allSettled([project('first'), project('second')]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await fixture.valueOf('a')).toBe(outcomes[0].status === 'fulfilled' ? 'first' : 'second');
    });

    it('shows nobody what is not committed', async () => {
      let proceed = (): void => undefined;
      const held = new Promise<void>((resolve) => (proceed = resolve));
      const writing = database.transaction(async (tx) => {
        await fixture.write(tx, 'a', 'uncommitted');
        await tx.saveCheckpoint('p', undefined, at(1));
        await held;
        throw new Error('undone');
      });
      const reading = Promise.all([fixture.valueOf('a'), database.checkpointOf('p')]);
      proceed();
      await expect(writing).rejects.toThrow('undone');
      expect(await reading).toEqual([undefined, undefined]);
    });

    const waiting = (key: string, seq: number, shard = 0): ParkedEvent => ({
      ...{ key, shard, seq, stream: `stream of ${key}`, error: seq === 1 ? 'Error: no' : '' },
      event: JSON.stringify({ seq, text: 'ü"\u2028' }),
    });
    const parkedOf = (key: string, max = 10, name = 'p'): Promise<readonly ParkedEvent[]> =>
      database.transaction((tx) => tx.parked.ofKey(name, key, max));

    it('keeps events that wait, by key, shard and seq', async () => {
      await database.transaction(async ({ parked }) => {
        await parked.add('p', [waiting('a', 1), waiting('b', 4, 1), waiting('a', 2)]);
        await parked.add('p', [waiting('a', Number.MAX_SAFE_INTEGER)]);
        await parked.add('q', [waiting('c', 1)]);
      });
      expect(await parkedOf('a')).toEqual([waiting('a', 1), waiting('a', 2), waiting('a', Number.MAX_SAFE_INTEGER)]);
      expect(await parkedOf('a', 1)).toEqual([waiting('a', 1)]);
      await database.transaction(async ({ parked }) => {
        expect([...(await parked.keys('p', 10))].sort()).toEqual(['a', 'b']);
        expect(await parked.keys('p', 1)).toHaveLength(1);
        await parked.remove('p', [waiting('a', 1), waiting('b', 4, 1)]);
        expect(await parked.keys('p', 10)).toEqual(['a']);
        expect(await parked.keys('q', 10)).toEqual(['c']);
      });
    });

    it('parks and moves the checkpoint together, or neither', async () => {
      const failing = database.transaction(async (tx) => {
        await tx.saveCheckpoint('p', undefined, at(1));
        await tx.parked.add('p', [waiting('a', 1)]);
        throw new Error('crash');
      });
      await expect(failing).rejects.toThrow('crash');
      expect([await parkedOf('a'), await database.checkpointOf('p')]).toEqual([[], undefined]);
    });

    it('forgets a projection, and only that one', async () => {
      for (const name of ['p', 'q']) {
        await save(undefined, at(1), name);
        await database.transaction((tx) => tx.parked.add(name, [waiting('a', 1)]));
      }
      await database.transaction((tx) => tx.forget('p'));
      expect([await database.checkpointOf('p'), await parkedOf('a')]).toEqual([undefined, []]);
      expect([await database.checkpointOf('q'), await parkedOf('a', 1, 'q')]).toEqual([at(1), [waiting('a', 1)]]);
      expect(await save(undefined, at(2))).toBe(true);
    });

    it('knows which slot of a projection is active, from the commit on', async () => {
      expect(await database.activeSlot('p')).toBe('a');
      const undone = database.transaction(async (tx) => {
        await tx.activate('p', 'b');
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      expect(await database.activeSlot('p')).toBe('a');
      await database.transaction((tx) => tx.activate('p', 'b'));
      expect([await database.activeSlot('p'), await database.activeSlot('q')]).toEqual(['b', 'a']);
      await database.transaction((tx) => tx.activate('p', 'a'));
      expect(await database.activeSlot('p')).toBe('a');
    });

    it('has everything again after it was closed', async () => {
      await database.transaction((tx) => fixture.write(tx, 'a', '1'));
      await save(undefined, at(4));
      const again = await fixture.reopen();
      expect(await again.checkpointOf('p')).toEqual(at(4));
      expect(await fixture.valueOf('a')).toBe('1');
    });
  });
