import { fakeClock } from '@thuban/testing';
import type { OffsetRange } from './kafka-client.js';
import { watchPartitions } from './kafka-stuck.js';
import { troubleFor } from './kafka-trouble.js';

describe('watching partitions (K5)', () => {
  const watch = () => {
    const clock = fakeClock();
    const abort = new AbortController();
    const highs = [5, 5];
    const next = new Map<number, number>();
    const offsets = async (): Promise<OffsetRange[]> => highs.map((high) => ({ low: 0, high }));
    let outcome: unknown = 'runs';
    watchPartitions({ offsets }, 't', next, { clock, signal: abort.signal }).then(
      () => (outcome = 'ended'),
      (error: unknown) => (outcome = (error as Error).message),
    );
    const check = async (): Promise<unknown> => {
      await clock.advance(10_000);
      await new Promise(setImmediate);
      return outcome;
    };
    return { check, highs, next, abort };
  };

  it('is content with partitions that stand still, and with records that come', async () => {
    const { check, highs, next, abort } = watch();
    for (let round = 0; round < 5; round++) {
      highs[0] = 10 + round;
      next.set(0, 9 + round); // one is always under way
      expect(await check()).toBe('runs');
    }
    abort.abort();
    expect(await check()).toBe('ended');
  });

  it('rejects when one partition does not bring what it has', async () => {
    const { check, highs, next } = watch();
    await check();
    highs[1] = 7;
    next.set(0, 6);
    highs[0] = 6;
    expect(await check()).toBe('runs');
    expect(await check()).toBe('partition 1 of t has records up to offset 7 that do not come after 5');
  });

  it('takes a topic that was made again as it is', async () => {
    const { check, highs, next } = watch();
    next.set(0, 5);
    await check();
    highs[0] = 0;
    expect([await check(), await check()]).toEqual(['runs', 'runs']);
  });
});

describe('a trouble', () => {
  it('is told unless it is over within a second, and again each minute that it lasts', () => {
    const told: string[] = [];
    let nowMs = 0;
    const trouble = troubleFor(
      'away',
      (what) => told.push(`${what} ${nowMs}`),
      () => nowMs,
    );
    const fail = (triedMs: number, failedMs: number): void => {
      nowMs = triedMs;
      trouble.trying();
      nowMs = failedMs;
      trouble.report(new Error('x'));
    };
    for (const ms of [0, 500, 1000, 2000, 61_500]) fail(ms, ms + 10);
    trouble.over();
    fail(70_000, 70_100);
    trouble.over();
    fail(80_000, 90_000);
    expect(told).toEqual(['away 1010', 'away 61510', 'away 90000']);
  });
});
