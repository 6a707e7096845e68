import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointMismatch, LogUnavailable, type Recorded } from '@thuban/event-sourcing';
import { Sqlite, SQLITE_PACKAGE } from '@thuban/sqlite';
import { CONTRACT_SHARDS, eventLogContract, everythingIn, someCommit, someWrite } from '@thuban/testing';
import { openEmbeddedLog, openEmbeddedStore } from './embedded-store.js';
import { DirectoryInUse, DirectoryUnusable, NewerDatabase, StoreCorrupt, StoreRefused } from './errors.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'thuban-log-'));
  file = join(directory, 'log.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = () => openEmbeddedLog({ file, name: 'test', shards: CONTRACT_SHARDS });

eventLogContract('the embedded log', async () => {
  let log = await open();
  return {
    log,
    reopen: async () => {
      await log.close();
      return (log = await open());
    },
    cleanUp: () => log.close(),
  };
});

describe('opening an embedded log', () => {
  it('creates the directory', async () => {
    file = join(directory, 'a', 'b', 'log.db');
    await (await open()).close();
    await (await open()).close();
  });

  it('refuses a second opener, in this process and in another, until it is closed', async () => {
    const log = await open();
    await expect(open()).rejects.toBeInstanceOf(DirectoryInUse);
    const script = `const db = new (require(process.argv[1]))(process.argv[2], { timeout: 0 }); db.prepare('SELECT * FROM log').all();`;
    const another = spawnSync(process.execPath, ['-e', script, require.resolve(SQLITE_PACKAGE), file], {
      encoding: 'utf8',
    });
    expect(another.stderr).toContain('SQLITE_BUSY');
    await log.close();
    await (await open()).close();
  });

  it('refuses a file that a newer release has written', async () => {
    await (await open()).close();
    const db = new Sqlite(file);
    db.pragma('user_version = 2');
    db.close();
    await expect(open()).rejects.toThrow(NewerDatabase);
    await expect(open()).rejects.toThrow(/format 2/);
  });

  it('refuses a directory that cannot be made, and a file that cannot be read', async () => {
    writeFileSync(join(directory, 'plain'), '');
    file = join(directory, 'plain', 'log.db');
    await expect(open()).rejects.toBeInstanceOf(DirectoryUnusable);
    file = join(directory, 'folder');
    mkdirSync(file);
    await expect(open()).rejects.toBeInstanceOf(DirectoryUnusable);
  });

  it("refuses what is no database, and somebody else's", async () => {
    writeFileSync(file, 'hello, I am a text file and longer than the header of a database; '.repeat(20));
    await expect(open()).rejects.toBeInstanceOf(StoreCorrupt);
    rmSync(file);
    const db = new Sqlite(file);
    db.exec('CREATE TABLE photos (id INTEGER)');
    db.close();
    await expect(open()).rejects.toBeInstanceOf(StoreCorrupt);
  });

  it('refuses another number of shards', async () => {
    await (await open()).close();
    await expect(openEmbeddedLog({ file, name: 'test', shards: CONTRACT_SHARDS + 1 })).rejects.toBeInstanceOf(
      StoreRefused,
    );
    await (await open()).close();
  });

  it('gives a wiped log another id, so that old checkpoints do not fit (INV-5)', async () => {
    const log = await open();
    await log.append(someCommit(someWrite(0, 0)));
    const checkpoint = { logId: log.id, tips: await log.tips() };
    await log.close();
    rmSync(directory, { recursive: true });
    const wiped = await open();
    expect(wiped.id).not.toBe(log.id);
    const batches = wiped.subscribe(checkpoint, new AbortController().signal)[Symbol.asyncIterator]();
    await expect(batches.next()).rejects.toBeInstanceOf(CheckpointMismatch);
    await wiped.close();
  });

  it('refuses a checkpoint of a tail that a restored backup does not have', async () => {
    const first = await open();
    await first.append(someCommit(someWrite(0, 0, 2)));
    await first.close();
    copyFileSync(file, join(directory, 'backup'));
    const second = await open();
    await second.append(someCommit(someWrite(0, 2)));
    const checkpoint = { logId: second.id, tips: await second.tips() };
    await second.close();
    copyFileSync(join(directory, 'backup'), file);
    const restored = await open();
    await restored.append(someCommit({ ...someWrite(0, 2), events: someWrite(1, 7).events }));
    const batches = restored.subscribe(checkpoint, new AbortController().signal)[Symbol.asyncIterator]();
    await expect(batches.next()).rejects.toBeInstanceOf(CheckpointMismatch);
    await restored.close();
  });
});

describe('a store with several logs', () => {
  it('keeps them apart in one file', async () => {
    const store = await openEmbeddedStore(file);
    const [registry, rules] = [store.log('registry', 4), store.log('rules', 1)];
    await registry.append(someCommit(someWrite(0, 0, 2)));
    await rules.append(someCommit(someWrite(0, 0, 3)));
    expect(registry.id).not.toBe(rules.id);
    expect([(await registry.tips())[0]?.seq, (await rules.tips())[0]?.seq]).toEqual([2, 3]);
    await registry.close();
    await rules.append(someCommit(someWrite(0, 3)));
    await store.close();
    await expect(rules.append(someCommit(someWrite(0, 4)))).rejects.toBeInstanceOf(LogUnavailable);
    const again = await openEmbeddedStore(file);
    expect((await everythingIn(again.log('rules', 1))).flat()).toHaveLength(4);
    await again.close();
  });
});

describe('a changed or damaged file is never silently wrong (INV-4)', () => {
  const damage = async (...statements: string[]): Promise<void> => {
    const log = await open();
    for (let seq = 0; seq < 200; seq += 10) await log.append(someCommit(someWrite(0, seq, 10), someWrite(1, seq, 10)));
    await log.close();
    const db = new Sqlite(file);
    for (const statement of statements) db.exec(statement);
    db.close();
  };
  const readAll = async (): Promise<unknown> => {
    const log = await open();
    try {
      return await everythingIn(log);
    } finally {
      await log.close();
    }
  };

  it.each([
    ["UPDATE event SET body = replace(body, '1-200', '1-999') WHERE shard = 1 AND seq = 200"],
    ['DELETE FROM event WHERE shard = 1 AND seq = 190'],
    ['UPDATE event SET time_ms = time_ms + 1 WHERE shard = 0 AND seq = 150'],
    ['UPDATE event SET hash = lower(hex(randomblob(32))) WHERE shard = 0 AND seq = 199'],
  ])('refuses to open after a change near the tip: %s', async (statement) => {
    await damage(statement);
    await expect(open()).rejects.toBeInstanceOf(StoreCorrupt);
  });

  it.each([
    ["UPDATE event SET body = replace(body, '1-20', '1-99') WHERE shard = 1 AND seq = 20"],
    ['DELETE FROM event WHERE shard = 1 AND seq = 20'],
    ['DELETE FROM event WHERE shard = 0 AND seq < 20'],
    ["UPDATE event SET commit_id = 'forged' WHERE shard = 0 AND seq = 50"],
  ])('refuses to read an older event that was changed: %s', async (statement) => {
    await damage(statement);
    await expect(readAll()).rejects.toBeInstanceOf(StoreCorrupt);
    const log = await open();
    const batches = log.subscribe(undefined, new AbortController().signal)[Symbol.asyncIterator]();
    await expect(batches.next()).rejects.toBeInstanceOf(StoreCorrupt);
    await log.close();
  });

  it.each([['DELETE FROM log'], ["UPDATE log SET name = 'tesu'"], ['DROP TABLE event']])(
    'does not take a damaged store for an empty one: %s',
    async (statement) => {
      await damage(statement);
      await expect(open()).rejects.toBeInstanceOf(StoreCorrupt);
    },
  );
});

describe('subscribers of an embedded log', () => {
  it('are handed the appended events themselves, in the turn of the append, not a copy read back', async () => {
    const log = await open();
    const batches = log.subscribe(undefined, new AbortController().signal)[Symbol.asyncIterator]();
    let received: readonly Recorded[] = [];
    void batches.next().then(({ value }) => (received = value ?? []));
    await new Promise(setImmediate);
    const appended = await log.append(someCommit(someWrite(0, 0, 2), someWrite(1, 0)));
    await Promise.resolve();
    expect(received).toHaveLength(3);
    expect(received.every((event, i) => event === appended[i])).toBe(true);
    await log.close();
  });

  it('find all that came while they were busy in one batch', async () => {
    const log = await open();
    const batches = log.subscribe(undefined, new AbortController().signal)[Symbol.asyncIterator]();
    const first = batches.next();
    const appended: (readonly Recorded[])[] = [];
    for (let seq = 0; seq < 1500; seq += 250) appended.push(await log.append(someCommit(someWrite(0, seq, 250))));
    expect((await first).value).toBe(appended[0]);
    const second = (await batches.next()).value ?? [];
    expect(second).toEqual(appended.flat().slice(250));
    expect(second[0]).toBe(appended[1]?.[0]);
    await log.close();
  });

  it('keep nothing in memory beyond 20,000 events while they are busy (INV-17)', async () => {
    const log = await open();
    const batches = log.subscribe(undefined, new AbortController().signal)[Symbol.asyncIterator]();
    const first = batches.next();
    const appended: (readonly Recorded[])[] = [];
    for (let seq = 0; seq < 25_000; seq += 5000) appended.push(await log.append(someCommit(someWrite(0, seq, 5000))));
    appended.push(await log.append(someCommit(someWrite(0, 25_000, 500))));
    expect((await first).value).toBe(appended[0]);
    // 20,500 have come since: what was kept is dropped, and the same events are read from the table, 1000 at a time.
    const all = appended.flat();
    const second = (await batches.next()).value ?? [];
    expect(second).toEqual(all.slice(5000, 6000));
    expect(second[0]).not.toBe(appended[1]?.[0]);
    for (let from = 6000; from < all.length; from += 1000)
      expect((await batches.next()).value).toEqual(all.slice(from, from + 1000));
    const later = await Promise.all([batches.next(), log.append(someCommit(someWrite(0, 25_500)))]);
    expect(later[0].value).toBe(later[1]);
    await log.close();
  });
});
