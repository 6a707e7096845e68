import type { Clock } from '@thuban/event-sourcing';

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /**
   * Moves both clocks forward. What was due is resolved in the order of its time, and whoever waited runs before the next is resolved;
   * waits that begin meanwhile and end in the same span are resolved too.
   */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, also backwards, as an operator or NTP would. */
  jump(ms: number): void;
  /** How many wait. */
  waiting(): number;
}

interface Waiter {
  readonly dueMs: number;
  readonly resolve: () => void;
}

const letOthersRun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * A clock for tests.
 * @example
 * const clock = fakeClock();
 * const done = clock.after(1000);
 * await clock.advance(1000);
 * await done;
 */
export const fakeClock = (startMs = Date.UTC(2026, 0, 1)): FakeClock => {
  let wallMs = startMs;
  let monotonicMs = 0;
  const waiters = new Set<Waiter>();

  const moveTo = (ms: number): void => {
    wallMs += ms - monotonicMs;
    monotonicMs = ms;
  };
  const nextDue = (untilMs: number): Waiter | undefined => {
    let next: Waiter | undefined;
    for (const waiter of waiters) if (waiter.dueMs <= untilMs && (!next || waiter.dueMs < next.dueMs)) next = waiter;
    return next;
  };

  return {
    now: () => wallMs,
    monotonic: () => monotonicMs,
    after: (delayMs, signal) => {
      if (signal?.aborted) return Promise.resolve();
      return new Promise<void>((resolve) => {
        const settle = (): void => {
          waiters.delete(waiter);
          signal?.removeEventListener('abort', settle);
          resolve();
        };
        const waiter: Waiter = { dueMs: monotonicMs + Math.max(0, delayMs), resolve: settle };
        waiters.add(waiter);
        signal?.addEventListener('abort', settle);
      });
    },
    advance: async (ms) => {
      const untilMs = monotonicMs + ms;
      await letOthersRun();
      for (let next = nextDue(untilMs); next; next = nextDue(untilMs)) {
        moveTo(Math.max(monotonicMs, next.dueMs));
        next.resolve();
        await letOthersRun();
      }
      moveTo(untilMs);
    },
    jump: (ms) => void (wallMs += ms),
    waiting: () => waiters.size,
  };
};
