import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from './open-database.js';

const directory = mkdtempSync(join(tmpdir(), 'thuban-full-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', directory]);
  rmSync(directory, { recursive: true, force: true });
});

if (!mounted && process.env['CI']) throw new Error('no tmpfs can be mounted: the full disk cannot be tested');

(mounted ? describe : describe.skip)(mounted ? 'a full disk' : 'left out, needs root for a tmpfs: a full disk', () => {
  it.each([
    ['small', 1],
    ['larger than the page cache', 5000],
  ])('rolls a %s transaction back, and the next one works when there is space again (INV-5)', async (name, rows) => {
    const database = await openDatabase({ file: join(directory, name, 'read.db'), entities: [] });
    const at = (seq: number) => ({ logId: 'log', tips: [{ seq, hash: `hash-${seq}` }] });
    await database.transaction(async (tx) => {
      await tx.query('CREATE TABLE note (id TEXT PRIMARY KEY, value TEXT)');
      await tx.saveCheckpoint('p', undefined, at(0));
    });
    const ballast = join(directory, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024))).toThrow(/ENOSPC/);
    const write = (seq: number, count: number): Promise<void> =>
      database.transaction(async (tx) => {
        const notes = Array.from({ length: count }, (_, i) => [`${seq}-${i}`, 'x'.repeat(3000)] as const);
        await tx.upsert('note', ['id', 'value'], ['id'], notes);
        expect(await tx.saveCheckpoint('p', at(0), at(seq))).toBe(true);
      });
    for (let i = 0; i < 3; i++) await expect(write(1, Math.max(rows, 20))).rejects.toThrow(/full/);
    expect(await database.query('SELECT count(*) AS n FROM note')).toEqual([{ n: 0 }]);
    expect(await database.checkpointOf('p')).toEqual(at(0));
    rmSync(ballast);
    await write(2, 20);
    expect(await database.query('SELECT count(*) AS n FROM note')).toEqual([{ n: 20 }]);
    expect(await database.checkpointOf('p')).toEqual(at(2));
    await database.close();
    rmSync(join(directory, name), { recursive: true });
  });
});
