import { createServer, type Server } from 'node:net';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sqlite } from '@thuban/sqlite';
import { apiOf } from './support/api.js';
import { runChild } from './support/child.js';
import { freePortOffset } from './support/free-ports.js';
import { flagsOf, MAIN, startEmbedded, type Embedded } from './support/embedded.js';
import { temporaryFolder } from './support/temporary-folder.js';

const run = (portOffset: number, dataDirectory: string) =>
  runChild(process.execPath, [MAIN, ...flagsOf(portOffset, dataDirectory)]);

/** One sentence for a person: a single line, no stack. */
const expectOneSentence = (output: string, pattern: RegExp): void => {
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toMatch(pattern);
};

const listen = (port: number): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen({ host: '127.0.0.1', port }, () => resolve(server));
  });

describe('a start that cannot succeed ends with code 2 and one sentence', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([8090, 8091, 15010])('port %d is taken', async (base) => {
    const portOffset = await freePortOffset();
    const server = await listen(base + portOffset);
    const { code, output } = await run(portOffset, folder);
    server.close();
    expectOneSentence(output, new RegExp(`\\b${base + portOffset}\\b`));
    expect(code).toBe(2);
  });

  it('the data directory lies below a file', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, output } = await run(await freePortOffset(), join(folder, 'file', 'data'));
    expectOneSentence(output, /data directory/);
    expect(code).toBe(2);
  });

  it('the data directory may not be written', async () => {
    // Nothing is unwritable for root by its mode, but the kernel's own file systems are.
    const unwritable = process.getuid?.() === 0 ? '/sys' : join(folder, 'read-only');
    if (unwritable !== '/sys') mkdirSync(unwritable, { mode: 0o555 });
    const { code, output } = await run(await freePortOffset(), join(unwritable, 'data'));
    expectOneSentence(output, /data directory/);
    expect(code).toBe(2);
  });

  it('log.db was written by a newer release', async () => {
    const thuban = await startEmbedded({ dataDirectory: join(folder, 'data') });
    await thuban.stop();
    const log = new Sqlite(join(folder, 'data', 'log.db'));
    log.pragma('user_version = 999');
    log.close();
    const { code, output } = await run(thuban.portOffset, join(folder, 'data'));
    expectOneSentence(output, /newer/);
    expect(code).toBe(2);
  });

  it('an unknown flag', async () => {
    const { code, output } = await runChild(process.execPath, [MAIN, '--port-ofset', '3']);
    expect(output).toContain('--port-offset');
    expect(code).toBe(2);
  });
});

describe('a running process', () => {
  let thuban: Embedded;
  beforeEach(async () => {
    thuban = await startEmbedded();
  });
  afterEach(() => thuban?.dispose());

  it('a second one on the same data directory ends with code 2 and leaves the first alone', async () => {
    const { code, output } = await run(await freePortOffset(), thuban.dataDirectory);
    expectOneSentence(output, /in use/);
    expect(code).toBe(2);
    await apiOf(thuban.http).register('echo', { host: '127.0.0.1', port: 9001 });
    expect(await apiOf(thuban.http).instances('echo')).toHaveLength(1);
  });

  it('wipe refuses the directory of a running process and empties that of a stopped one', async () => {
    await apiOf(thuban.http).register('echo', { host: '127.0.0.1', port: 9001 });
    const wipe = () => runChild(process.execPath, [MAIN, 'wipe', '--data-dir', thuban.dataDirectory]);
    const refused = await wipe();
    expectOneSentence(refused.output, /in use/);
    expect(refused.code).toBe(2);
    await thuban.stop();
    expect(await wipe()).toMatchObject({ code: 0, output: expect.stringContaining('log.db') });
    await thuban.start();
    expect(await apiOf(thuban.http).events()).toEqual([]);
  });

  it('says where it listens and what to try next', async () => {
    const output = thuban.output();
    for (const base of [8090, 8091, 15010]) expect(output).toContain(String(base + thuban.portOffset));
    expect(output).toContain(thuban.dataDirectory);
    expect(output).toContain('curl');
    expect(output).toContain('thubanctl');
  });
});
