import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTRACT_SHARDS, everythingIn, someCommit, someWrite } from '@thuban/testing';
import { openEmbeddedLog } from './embedded-store.js';
import { StoreRefused } from './errors.js';

// Thousands of copies are opened: in memory where the machine has it, since what a sync costs is not the question here.
const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'thuban-damage-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const open = (file: string) => openEmbeddedLog({ file, name: 'test', shards: CONTRACT_SHARDS });

/** What the log held after each commit, in the form that `contents` gives. */
const recordRun = async (commits: number): Promise<{ readonly states: string[]; readonly recorded: string }> => {
  const recorded = join(directory, 'recorded');
  mkdirSync(recorded, { recursive: true });
  const log = await open(join(recorded, 'log.db'));
  const states = [JSON.stringify(await everythingIn(log))];
  for (let i = 0; i < commits; i++) {
    const tips = await log.tips();
    const shards = [i % CONTRACT_SHARDS, (i + 1 + (i % 2)) % CONTRACT_SHARDS];
    await log.append(someCommit(...shards.map((shard) => someWrite(shard, tips[shard]?.seq ?? 0, 1 + (i % 3)))));
    states.push(JSON.stringify(await everythingIn(log)));
  }
  // By another process: closing a second descriptor of the file here would drop the lock of the open one.
  execFileSync('cp', [join(recorded, 'log.db'), join(directory, 'db')]);
  execFileSync('cp', [join(recorded, 'log.db-wal'), join(directory, 'wal')]);
  await log.close();
  copyFileSync(join(recorded, 'log.db'), join(directory, 'closed'));
  return { states, recorded };
};

/** Opens a copy: its contents, or `undefined` when it was refused in the way that it should be. */
const contentsOf = async (db: Buffer, wal?: Buffer): Promise<string | undefined> => {
  const copy = join(directory, 'copy');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  const file = join(copy, 'log.db');
  writeFileSync(file, db);
  if (wal) writeFileSync(`${file}-wal`, wal);
  try {
    const log = await open(file);
    try {
      const found = JSON.stringify(await everythingIn(log));
      const tips = await log.tips();
      await log.append(someCommit(...tips.map(({ seq }, shard) => someWrite(shard, seq))));
      return found;
    } finally {
      await log.close();
    }
  } catch (error) {
    if (!(error instanceof StoreRefused)) throw error;
    expect(error.message.length).toBeGreaterThan(20);
    return undefined;
  }
};

const flipped = (bytes: Buffer, offset: number, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(offset) ^ (1 << bit), offset);
  return copy;
};

describe('damage to the files of a recorded run', () => {
  let states: string[];
  let db: Buffer;
  let wal: Buffer;
  let closed: Buffer;
  beforeAll(async () => {
    ({ states } = await recordRun(24));
    [db, wal, closed] = ['db', 'wal', 'closed'].map((name) => readFileSync(join(directory, name))) as [
      Buffer,
      Buffer,
      Buffer,
    ];
  });

  it('a write-ahead log cut at every 512 bytes opens to a committed prefix, and a longer one never to less (INV-1, INV-3)', async () => {
    let reached = 0;
    const seen = new Set<number>();
    const lengths = [...Array.from({ length: Math.ceil(wal.length / 512) }, (_, i) => i * 512), wal.length];
    for (const length of lengths) {
      const found = states.indexOf((await contentsOf(db, wal.subarray(0, length))) ?? 'refused');
      expect(found).toBeGreaterThanOrEqual(reached);
      reached = found;
      seen.add(found);
    }
    expect(reached).toBe(states.length - 1);
    expect(seen.size).toBe(states.length);
  }, 60_000);

  it('a flipped bit in the write-ahead log opens to a committed prefix or is refused (INV-4)', async () => {
    const shorter = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const found = await contentsOf(db, flipped(wal, (i * 104_729) % wal.length, i % 8));
      if (found === undefined) continue;
      expect(states).toContain(found);
      shorter.add(states.indexOf(found));
    }
    expect(shorter.size).toBeGreaterThan(5);
  }, 60_000);

  it('a flipped bit in the database shows what was committed or is refused (INV-4)', async () => {
    const whole = states.at(-1);
    const offsets = [
      ...Array.from({ length: 100 }, (_, i) => i),
      ...Array.from({ length: 900 }, (_, i) => (i * 104_729) % closed.length),
    ];
    let refused = 0;
    for (const [i, offset] of offsets.entries()) {
      const found = await contentsOf(flipped(closed, offset, i % 8));
      if (found === undefined) refused++;
      else expect({ offset, bit: i % 8, whole: found === whole }).toEqual({ offset, bit: i % 8, whole: true });
    }
    expect(refused).toBeGreaterThan(50);
  }, 60_000);

  it('a database cut short is refused', async () => {
    for (let length = 512; length < closed.length; length += 512)
      expect({ length, contents: await contentsOf(closed.subarray(0, length)) }).toEqual({
        length,
        contents: undefined,
      });
  }, 60_000);
});
