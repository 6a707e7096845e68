import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '@thuban/event-log-embedded';
import { wipe } from './wipe.js';

const directory = (): string => mkdtempSync(join(tmpdir(), 'wipe-'));

describe('wipe', () => {
  it('deletes the stores and nothing else', async () => {
    const dir = directory();
    await (await openEmbeddedStore(join(dir, 'log.db'))).close();
    for (const file of ['read.db', 'read.db-wal', 'notes.txt', 'log.db.backup']) writeFileSync(join(dir, file), '');
    expect((await wipe(dir)).length).toBeGreaterThanOrEqual(3);
    expect(readdirSync(dir).sort()).toEqual(['log.db.backup', 'notes.txt']);
  });

  it('finds nothing in a directory that is not there', async () =>
    expect(await wipe(join(directory(), 'absent'))).toEqual([]));

  it('refuses while a process uses the directory', async () => {
    const dir = directory();
    const store = await openEmbeddedStore(join(dir, 'log.db'));
    await expect(wipe(dir)).rejects.toThrow(/in use by another process/);
    await store.close();
    expect(readdirSync(dir)).toContain('log.db');
  });

  it('deletes a damaged log, which may be why somebody wipes', async () => {
    const dir = directory();
    writeFileSync(join(dir, 'log.db'), 'not a database, whatever it says'.repeat(200));
    await wipe(dir);
    expect(readdirSync(dir)).toEqual([]);
  });
});
