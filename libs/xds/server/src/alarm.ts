import type { Clock } from '@thuban/event-sourcing';

/** Rings once at the earliest of the times it was set to. One timer for however many deadlines. */
export interface Alarm {
  /** Monotonic milliseconds; undefined sets nothing. */
  at(dueMs: number | undefined): void;
  stop(): void;
}

export function createAlarm(clock: Pick<Clock, 'monotonic' | 'after'>, ring: (nowMs: number) => void): Alarm {
  let [setTo, timer] = [Infinity, new AbortController()];
  const stop = () => {
    timer.abort();
    setTo = Infinity;
  };
  const wait = async (dueMs: number, signal: AbortSignal) => {
    await clock.after(Math.max(0, dueMs - clock.monotonic()), signal);
    if (signal.aborted) return;
    setTo = Infinity;
    ring(clock.monotonic());
  };
  return {
    at(dueMs) {
      if (dueMs === undefined || dueMs >= setTo) return;
      timer.abort();
      [setTo, timer] = [dueMs, new AbortController()];
      void wait(dueMs, timer.signal);
    },
    stop,
  };
}
