import { createServer, type Server } from 'node:net';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { Sqlite } from '@thuban/sqlite';
import { openDelta } from './support/ads-client.js';
import { apiOf } from './support/api.js';
import { runChild } from './support/child.js';
import { freePortOffset } from './support/free-ports.js';
import { figure } from './support/figure.js';
import { keepDiscovering, subscriptionsTo } from './support/raw-answers.js';
import { flagsOf, MAIN, startThuban, temporaryFolder, type Thuban } from './support/thuban.js';

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
    const thuban = await startThuban(join(folder, 'data'));
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
  let thuban: Thuban;
  beforeEach(async () => {
    thuban = await startThuban();
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

  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it within 5 s with code 0, streams open or not', async (signal) => {
    await apiOf(thuban.http).register('echo', { host: '127.0.0.1', port: 9001 });
    const stream = openDelta(thuban.xds, subscriptionsTo(['echo']));
    await stream.waitFor('RDS');
    const { code, tookMs } = await thuban.stop(signal);
    stream.close();
    figure(`${signal} → end, with an open stream`, tookMs, 'ms');
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(5_000);
  });

  it('INV-1: SIGTERM under load ends every kind of stream in time, and what was acknowledged is there afterwards', async () => {
    const api = apiOf(thuban.http);
    await api.register('echo', { host: '127.0.0.1', port: 1 });
    const ads = openDelta(thuban.xds, subscriptionsTo(['echo']));
    await ads.waitFor('RDS');
    const discovering = await keepDiscovering(thuban.sdk);
    const events = await fetch(`${thuban.http}/v1/events/stream?from=start`);
    const waiting = fetch(`${thuban.http}/v1/events?shard=0&from=1000&waitMs=30000`).then(({ status }) => status);
    const registering = Array.from({ length: 200 }, (_, i) =>
      api.register('echo', { host: '127.0.0.1', port: i + 2 }).then(
        () => i + 2,
        () => undefined,
      ),
    );
    await registering[0];
    const { code, tookMs } = await thuban.stop('SIGTERM');
    figure('SIGTERM → end, under load', tookMs, 'ms');
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(4_000);
    expect(await waiting).toBe(200);
    await events.text();
    expect(await ads.ended).toMatchObject({ code: status.UNAVAILABLE, details: 'shutting down' });
    ads.close();
    discovering.close();
    const acknowledged = (await Promise.all(registering)).filter((port) => port !== undefined);
    await thuban.start();
    const ports = (await apiOf(thuban.http).instances('echo')).map(({ port }) => port);
    expect(ports).toEqual(expect.arrayContaining(acknowledged));
  });

  it('says where it listens and what to try next', async () => {
    const output = thuban.child().output();
    for (const base of [8090, 8091, 15010]) expect(output).toContain(String(base + thuban.portOffset));
    expect(output).toContain(thuban.dataDirectory);
    expect(output).toContain('curl');
    expect(output).toContain('thubanctl');
  });

  it('answers what operators ask: alive, ready, metrics, OpenAPI', async () => {
    for (const path of ['/livez', '/readyz', '/v1/openapi.json'])
      expect((await fetch(thuban.http + path)).status).toBe(200);
    const metrics = await (await fetch(`${thuban.http}/metrics`)).text();
    expect(metrics).toMatch(/^thuban_\w+/m);
  });
});
