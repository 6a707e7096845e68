import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sqlite } from '@thuban/sqlite';
import { databaseContract } from '@thuban/testing';
import { EntitySchema } from 'typeorm';
import { DatabaseRefused, NewerDatabase } from './errors.js';
import { recreateTables, type Migration } from './migrations.js';
import { openDatabase, type ReadModelDatabase } from './open-database.js';

interface Note {
  readonly id: string;
  readonly value: string;
  readonly pinned: boolean;
}
const noteSchema = new EntitySchema<Note>({
  name: 'note',
  columns: {
    id: { type: 'varchar', length: 64, primary: true },
    value: { type: 'text' },
    pinned: { type: 'boolean', default: false },
  },
});
const noteTables: Migration = {
  name: 'notes/tables-1764028800000',
  up: (runner) => recreateTables(runner, [noteSchema as EntitySchema], ['notes']),
};
const COLUMNS = ['id', 'value', 'pinned'];

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thuban-db-'));
  file = join(directory, 'nested', 'read.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (migrations: readonly Migration[] = [noteTables]) =>
  openDatabase({ file, entities: [noteSchema as EntitySchema], migrations });

databaseContract('SQLite', async () => {
  let database = await open();
  return {
    database,
    write: (tx, key, value) => tx.upsert('note', COLUMNS, ['id'], [[key, value, false]]),
    valueOf: async (key) => (await database.query<Note>('SELECT value FROM note WHERE id = ?', [key]))[0]?.value,
    reopen: async () => {
      await database.close();
      return (database = await open());
    },
    cleanUp: () => database.close(),
  };
});

describe('rows of a read model', () => {
  let database: ReadModelDatabase;
  beforeEach(async () => {
    database = await open();
  });
  afterEach(() => database.close());
  const ids = async (): Promise<string[]> =>
    (await database.query<Note>('SELECT id FROM note ORDER BY id')).map(({ id }) => id);

  it('are inserted and replaced by the thousand', async () => {
    const rows = Array.from({ length: 1337 }, (_, i) => [`n${i}`, `v${i}`, i % 2 === 0] as const);
    await database.transaction((tx) => tx.upsert('note', COLUMNS, ['id'], rows));
    await database.transaction((tx) => tx.upsert('note', COLUMNS, ['id'], [['n7', 'changed', true]]));
    expect(await ids()).toHaveLength(1337);
    const notes = await database.read((manager) =>
      manager.find(noteSchema, { where: [{ id: 'n6' }, { id: 'n7' }], order: { id: 'ASC' } }),
    );
    expect(notes).toEqual([
      { id: 'n6', value: 'v6', pinned: true },
      { id: 'n7', value: 'changed', pinned: true },
    ]);
  });

  it('take the later of two with the same key', async () => {
    await database.transaction((tx) =>
      tx.upsert(
        'note',
        COLUMNS,
        ['id'],
        [
          ['a', 'first', false],
          ['a', 'second', false],
        ],
      ),
    );
    expect(await database.query('SELECT value FROM note')).toEqual([{ value: 'second' }]);
  });

  it('are deleted by key, also by a compound one', async () => {
    const rows = Array.from({ length: 700 }, (_, i) => [`n${i}`, 'v', false] as const);
    await database.transaction(async (tx) => {
      await tx.upsert('note', COLUMNS, ['id'], rows);
      await tx.deleteWhere(
        'note',
        ['id'],
        rows.slice(3).map(([id]) => [id]),
      );
      await tx.deleteWhere(
        'note',
        ['id', 'value'],
        [
          ['n0', 'v'],
          ['n1', 'other'],
          ['none', 'v'],
        ],
      );
      await tx.deleteWhere('note', ['id'], []);
    });
    expect(await ids()).toEqual(['n1', 'n2']);
  });

  it('that somebody else has locked are not waited for, and are written once they are free', async () => {
    const write = (id: string) => database.transaction((tx) => tx.upsert('note', COLUMNS, ['id'], [[id, 'v', false]]));
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    const before = performance.now();
    await expect(write('a')).rejects.toThrow(/locked/);
    expect(performance.now() - before).toBeLessThan(1_000);
    other.exec('ROLLBACK');
    other.close();
    await write('b');
    expect(await ids()).toEqual(['b']);
  });

  it('may be all key', async () => {
    await database.transaction(async (tx) => {
      await tx.query('CREATE TABLE pair (a TEXT, b TEXT, PRIMARY KEY (a, b))');
      for (let i = 0; i < 2; i++)
        await tx.upsert(
          'pair',
          ['a', 'b'],
          ['a', 'b'],
          [
            ['x', 'y'],
            ['x', 'z'],
          ],
        );
    });
    expect(await database.query('SELECT count(*) AS n FROM pair')).toEqual([{ n: 2 }]);
  });

  it('take any text as a value, never as SQL', async () => {
    const nasty = `'); DROP TABLE note; -- "\u0000 ?`;
    await database.transaction((tx) => tx.upsert('note', COLUMNS, ['id'], [[nasty, nasty, false]]));
    expect(await database.query('SELECT id, value FROM note WHERE id = ?', [nasty])).toEqual([
      { id: nasty, value: nasty },
    ]);
  });
});

describe('migrations', () => {
  it('run once, in the order of their times', async () => {
    const ran: string[] = [];
    const step = (name: string): Migration => ({ name, up: async () => void ran.push(name) });
    const steps = [step('b/later-1764028800002'), noteTables, step('a/earlier-1764028800001')];
    await (await open(steps)).close();
    await (await open(steps)).close();
    expect(ran).toEqual(['a/earlier-1764028800001', 'b/later-1764028800002']);
  });

  it('that change tables make them anew and forget the checkpoint, and only theirs', async () => {
    const first = await open();
    await first.transaction(async (tx) => {
      await tx.upsert('note', COLUMNS, ['id'], [['a', 'old', false]]);
      for (const projection of ['notes', 'others'])
        await tx.saveCheckpoint(projection, undefined, { logId: 'log', tips: [{ seq: 1, hash: 'h' }] });
    });
    await first.close();
    const again: Migration = { ...noteTables, name: 'notes/another-column-1764028800009' };
    const second = await open([noteTables, again]);
    expect(await second.query('SELECT * FROM note')).toEqual([]);
    expect(await second.checkpointOf('notes')).toBeUndefined();
    expect(await second.checkpointOf('others')).toBeDefined();
    await second.close();
  });

  it('leave nothing behind when they fail', async () => {
    const failing: Migration = {
      name: 'notes/broken-1764028800005',
      up: async (runner) => {
        await runner.query('CREATE TABLE half (id TEXT)');
        throw new Error('broken step');
      },
    };
    await expect(open([noteTables, failing])).rejects.toThrow(/broken step/);
    const database = await open();
    expect(await database.query("SELECT name FROM sqlite_master WHERE name = 'half'")).toEqual([]);
    await database.close();
  });

  it('of a newer release are refused', async () => {
    await (await open([noteTables, { name: 'notes/newer-1864028800000', up: async () => undefined }])).close();
    await expect(open()).rejects.toBeInstanceOf(NewerDatabase);
  });

  it('refuse a directory that cannot be made and a file that is no database', async () => {
    writeFileSync(join(directory, 'nested'), '');
    await expect(open()).rejects.toBeInstanceOf(DatabaseRefused);
    file = join(directory, 'read.db');
    writeFileSync(file, 'no database '.repeat(100));
    await expect(open()).rejects.toThrow(new RegExp(`^the database ${file} cannot be used: .*; delete it`));
    await expect(open()).rejects.toBeInstanceOf(DatabaseRefused);
  });

  it('say what to do about a page that is damaged inside', async () => {
    const first = await open();
    const rows = Array.from({ length: 2000 }, (_, i) => [`note-${i}`, 'x'.repeat(200), false]);
    await first.transaction((tx) => tx.upsert('note', COLUMNS, ['id'], rows));
    await first.close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 20 * 4096, 60 * 4096);
    writeFileSync(file, bytes);
    const damaged = await open();
    await expect(damaged.query('SELECT * FROM note ORDER BY value')).rejects.toThrow(
      new RegExp(`^the database ${file} cannot be used: .*; delete it`),
    );
    await damaged.close();
  });
});
