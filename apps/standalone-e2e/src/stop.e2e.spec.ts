import { status } from '@grpc/grpc-js';
import { openDelta } from './support/ads-client.js';
import { apiOf } from './support/api.js';
import type { Ended } from './support/child.js';
import { figure } from './support/figure.js';
import { PROCESSES } from './support/mode.js';
import { keepDiscovering, subscriptionsTo } from './support/raw-answers.js';
import { startThuban, type Thuban } from './support/thuban.js';

/** Every process has ended by itself, within this time. */
const expectEnded = (ends: readonly Ended[], withinMs: number): void => {
  expect(ends.map(({ code }) => code)).toEqual(PROCESSES.map(() => 0));
  expect(slowest(ends)).toBeLessThan(withinMs);
};
const slowest = (ends: readonly Ended[]): number => Math.max(...ends.map(({ tookMs }) => tookMs));

describe('a running Thuban', () => {
  let thuban: Thuban;
  beforeAll(async () => {
    thuban = await startThuban();
  });
  afterAll(() => thuban?.dispose());

  it.each([
    ['SIGTERM', 9001],
    ['SIGINT', 9002],
  ] as const)('%s ends it within 5 s with code 0, streams open or not', async (signal, port) => {
    await apiOf(thuban.http).register('echo', { host: '127.0.0.1', port });
    const stream = openDelta(thuban.xds, subscriptionsTo(['echo']));
    await stream.waitFor('RDS');
    const ends = await thuban.stop(signal);
    stream.close();
    figure(`${signal} → end, with an open stream`, slowest(ends), 'ms');
    expectEnded(ends, 5_000);
    await thuban.start();
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
    const ends = await thuban.stop('SIGTERM');
    figure('SIGTERM → end, under load', slowest(ends), 'ms');
    expectEnded(ends, 4_000);
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

  it('answers what operators ask: alive, ready, metrics, OpenAPI', async () => {
    for (const path of ['/livez', '/readyz', '/v1/openapi.json'])
      expect((await fetch(thuban.http + path)).status).toBe(200);
    const metrics = await (await fetch(`${thuban.http}/metrics`)).text();
    expect(metrics).toMatch(/^thuban_\w+/m);
  });
});
