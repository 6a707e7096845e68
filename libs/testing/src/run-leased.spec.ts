// Beside the fake clock rather than beside runLeased: the kernel depends on nothing, not even in its tests.
import { runLeased, type Leases } from '@thuban/event-sourcing';
import { fakeClock, type FakeClock } from './clock.js';

const TTL_MS = 3000;

/** Leases by the fake clock; `away` answers nothing but errors, `silent` nothing at all. */
const fakeLeases = (clock: FakeClock) => {
  let held: { readonly holder: string; readonly untilMs: number } | undefined;
  const state = { mood: 'well' as 'well' | 'away' | 'silent' };
  const ask = async <R>(answer: () => R): Promise<R> => {
    if (state.mood === 'away') throw new Error('the database is away');
    if (state.mood === 'silent') return new Promise(() => undefined);
    return answer();
  };
  const leases: Leases = {
    lease: (_, holder, ttlMs) =>
      ask(() => {
        const now = clock.monotonic();
        if (held && held.holder !== holder && held.untilMs > now) return false;
        held = { holder, untilMs: now + ttlMs };
        return true;
      }),
    releaseLease: (_, holder) => ask(() => void (held?.holder === holder && (held = undefined))),
  };
  return {
    leases,
    state,
    steal: (holder: string, ms = 60_000) => void (held = { holder, untilMs: clock.monotonic() + ms }),
  };
};

/** Work that goes on until it is told to stop, and keeps a diary. */
const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

describe('work under a lease', () => {
  let clock: FakeClock;
  let database: ReturnType<typeof fakeLeases>;
  let diary: string[];
  let stop: AbortController;
  beforeEach(() => {
    clock = fakeClock();
    database = fakeLeases(clock);
    diary = [];
    stop = new AbortController();
  });

  const start = (holder: string, work = until, signal = stop.signal): Promise<void> =>
    runLeased({ database: database.leases, name: 'rows', holder, ttlMs: TTL_MS, clock, signal }, async (given) => {
      diary.push(`${holder} begins`);
      try {
        await work(given);
      } finally {
        diary.push(`${holder} ends`);
      }
    });

  it('is done by one of two, for as long as that one lives', async () => {
    const running = [start('a'), start('b')];
    await clock.advance(20 * TTL_MS);
    expect(diary).toEqual(['a begins']);
    stop.abort();
    await Promise.all(running);
    expect(diary).toEqual(['a begins', 'a ends']);
  });

  it('goes to the other at once when it is let go, without waiting for its time to be over', async () => {
    const first = new AbortController();
    const running = [start('a', until, first.signal), start('b')];
    await clock.advance(10);
    first.abort();
    await running[0];
    await clock.advance(TTL_MS / 3);
    expect(diary).toEqual(['a begins', 'a ends', 'b begins']);
    stop.abort();
    await running[1];
  });

  it("stops at once when the lease is another's, and is taken up again later", async () => {
    const running = start('a');
    await clock.advance(10);
    database.steal('b', 2 * TTL_MS);
    await clock.advance(TTL_MS / 3);
    expect(diary).toEqual(['a begins', 'a ends']);
    await clock.advance(3 * TTL_MS);
    expect(diary).toEqual(['a begins', 'a ends', 'a begins']);
    stop.abort();
    await running;
  });

  it.each(['away', 'silent'] as const)(
    'outlives a database that is %s for less than its time, and no longer',
    async (mood) => {
      const running = start('a');
      await clock.advance(10);
      database.state.mood = mood;
      await clock.advance(TTL_MS - 20);
      expect(diary).toEqual(['a begins']);
      await clock.advance(TTL_MS / 3 + 20);
      expect(diary).toEqual(['a begins', 'a ends']);
      stop.abort();
      if (mood === 'away') await running;
    },
  );

  it('that fails lets the lease go and is told to the caller', async () => {
    await expect(start('a', () => Promise.reject(new Error('no rows')))).rejects.toThrow('no rows');
    expect(await database.leases.lease('rows', 'b', TTL_MS)).toBe(true);
  });

  it('that fails because it was stopped is not told: the lease is waited for', async () => {
    const running = start('a', async (signal) => {
      await until(signal);
      throw new Error('stopped');
    });
    await clock.advance(10);
    database.steal('b', TTL_MS / 2);
    await clock.advance(TTL_MS);
    expect(diary).toEqual(['a begins', 'a ends', 'a begins']);
    stop.abort();
    await expect(running).rejects.toThrow('stopped');
  });

  it('that ends by itself ends it all', async () => {
    await start('a', async () => undefined);
    expect(diary).toEqual(['a begins', 'a ends']);
  });

  it('leaves no timer behind', async () => {
    const running = start('a');
    await clock.advance(5 * TTL_MS);
    stop.abort();
    await running;
    expect(clock.waiting()).toBe(0);
  });
});
