import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { everythingIn, expectDenseAndChained } from '@thuban/testing';
import { commandsAfter, expectAcknowledged } from './fixtures/check-log.js';
import { compileWriter, runWriter, type RunningWriter } from './fixtures/run-writer.js';
import { openEmbeddedLog } from './embedded-store.js';

const SHARDS = 8;
const directory = mkdtempSync(join(tmpdir(), 'thuban-faults-'));
let program: string;
beforeAll(() => {
  program = compileWriter(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

const straceWith = (calls: string, fault: string): string[] => [
  ...['strace', '-f', '-qq', '-o', '/dev/null'],
  ...['-e', `trace=${calls}`, '-e', `inject=${calls}:${fault}`],
];

let running: RunningWriter | undefined;
const start = (file: string, prefix: readonly string[] = []): RunningWriter =>
  (running = runWriter(program, [file, `${SHARDS}`, 'r'], prefix));
afterEach(() => running?.kill());

/** In CI a missing tool is a failure; elsewhere the suite says that it was left out. */
const describeWith = (tool: string, there: boolean, body: () => void): void => {
  if (!there && process.env['CI']) throw new Error(`${tool} is missing: the disk faults cannot be tested`);
  (there ? describe : describe.skip)(
    there ? `real disk faults, by ${tool}` : `left out, ${tool} is missing: disk faults`,
    body,
  );
};

/** Everything that was acknowledged is there; what was refused is there whole or not at all. */
const check = async (file: string, writer: RunningWriter): Promise<void> => {
  const log = await openEmbeddedLog({ file, name: 'crash', shards: SHARDS });
  const { ids } = await commandsAfter(log, undefined);
  expectAcknowledged(ids, writer);
  expectDenseAndChained('crash', await everythingIn(log));
  await log.close();
};

describeWith('strace', runs('strace', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO:when=1', 'true'), () => {
  // The steps are larger than what one attempt to open the file again needs, or no attempt could ever succeed.
  it.each([
    ['some syncs fail', 'fsync,fdatasync', 'error=EIO:when=12+23'],
    ['many syncs fail', 'fsync,fdatasync', 'error=EIO:when=12+7'],
    ['some writes find the disk full', 'pwrite64', 'error=ENOSPC:when=100+997'],
    ['some writes fail', 'pwrite64', 'error=EIO:when=100+1009'],
  ])(
    'a commit is never acknowledged when %s, and work goes on (INV-1, INV-18)',
    async (name, calls, fault) => {
      const file = join(directory, name.replaceAll(' ', '-'), 'log.db');
      const writer = start(file, straceWith(calls, fault));
      await writer.until(() => writer.no.size >= 64 && writer.ok.size >= 64);
      await writer.kill();
      await check(file, writer);
    },
    60_000,
  );

  it('nothing is acknowledged any more when no sync succeeds, however long it is tried (INV-1, INV-18)', async () => {
    const file = join(directory, 'no-sync', 'log.db');
    const writer = start(file, straceWith('fsync,fdatasync', 'error=EIO:when=30+'));
    await writer.until(() => writer.no.size > 0);
    const [acknowledged, refused] = [writer.ok.size, writer.no.size];
    await writer.until(() => writer.no.size >= refused + 200);
    expect(writer.ok.size).toBe(acknowledged);
    await writer.kill();
    await check(file, writer);
  }, 60_000);
});

describeWith('a small tmpfs', process.getuid?.() === 0 && runs('mount', '--version'), () => {
  const mountPoint = join(directory, 'small');
  const mount = (): void => {
    mkdirSync(mountPoint);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', mountPoint], { encoding: 'utf8' });
    if (mounted.status !== 0) throw new Error(`mount: ${mounted.stderr}`);
  };
  afterAll(() => {
    if (existsSync(mountPoint)) spawnSync('umount', ['-l', mountPoint]);
  });

  it('a full disk is never acknowledged, and work goes on when there is space again (INV-1, INV-18)', async () => {
    mount();
    const file = join(mountPoint, 'log.db');
    const ballast = join(mountPoint, 'ballast');
    writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));
    const writer = start(file);
    await writer.until(() => writer.no.size >= 50);
    expect(writer.ok.size).toBeGreaterThan(0);
    rmSync(ballast);
    const before = writer.ok.size;
    await writer.until(() => writer.ok.size > before + 100);
    await writer.kill();
    await check(file, writer);
  }, 60_000);
});
