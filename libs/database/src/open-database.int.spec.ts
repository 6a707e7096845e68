import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseUnavailable } from '@thuban/event-sourcing';
import { Sqlite } from '@thuban/sqlite';
import { DatabaseRefused } from './errors.js';
import { NOTE_COLUMNS, noteEntities, noteTables, type Note } from './fixtures/notes.js';
import { rowsSuite } from './fixtures/rows-suite.js';
import type { Migration } from './migrations.js';
import { openDatabase } from './open-database.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thuban-db-'));
  file = join(directory, 'nested', 'read.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (migrations: readonly Migration[] = [noteTables]) =>
  openDatabase({ file, entities: noteEntities, migrations });

rowsSuite('SQLite', open);

describe('a SQLite file', () => {
  it('that somebody else has locked is not waited for, and is written once it is free', async () => {
    const database = await open();
    const write = (id: string) =>
      database.transaction((tx) => tx.upsert('note', NOTE_COLUMNS, ['id'], [[id, 'v', false]]));
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    const before = performance.now();
    const writing = write('a');
    await expect(writing).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect(writing).rejects.toThrow(/locked/);
    expect(performance.now() - before).toBeLessThan(1_000);
    other.exec('ROLLBACK');
    other.close();
    await write('b');
    expect(await database.query<Note>('SELECT id FROM note')).toEqual([{ id: 'b' }]);
    await database.close();
  });

  it('has nothing of a migration that failed', async () => {
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

  it('is refused when its directory cannot be made and when it is no database', async () => {
    writeFileSync(join(directory, 'nested'), '');
    await expect(open()).rejects.toBeInstanceOf(DatabaseRefused);
    file = join(directory, 'read.db');
    writeFileSync(file, 'no database '.repeat(100));
    await expect(open()).rejects.toThrow(new RegExp(`^the database ${file} cannot be used: .*; delete it`));
    await expect(open()).rejects.toBeInstanceOf(DatabaseRefused);
  });

  it('says what to do about a page that is damaged inside', async () => {
    const first = await open();
    const rows = Array.from({ length: 2000 }, (_, i) => [`note-${i}`, 'x'.repeat(200), false]);
    await first.transaction((tx) => tx.upsert('note', NOTE_COLUMNS, ['id'], rows));
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
