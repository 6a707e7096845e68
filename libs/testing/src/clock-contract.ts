import type { Clock } from '@thuban/event-sourcing';

/** A clock under test and a way to let time pass on it. */
export interface ClockFixture {
  readonly clock: Clock;
  /** Resolves when the clock is at least `ms` further. */
  pass(ms: number): Promise<void>;
}

/**
 * What every clock promises.
 * @example clockContract('the fake clock', () => { const clock = fakeClock(); return { clock, pass: clock.advance }; });
 */
export const clockContract = (name: string, open: () => ClockFixture): void =>
  describe(`${name} keeps the clock contract`, () => {
    it('tells Unix milliseconds and a monotonic time that moves with it', async () => {
      const { clock, pass } = open();
      const [wall, monotonic] = [clock.now(), clock.monotonic()];
      expect(wall).toBeGreaterThan(Date.UTC(2020, 0, 1));
      await pass(20);
      // The two are rounded apart by the platform.
      expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(19);
      expect(clock.now() - wall).toBeGreaterThanOrEqual(18);
    });

    it('resolves after the delay, not before', async () => {
      const { clock, pass } = open();
      let resolved = false;
      const done = clock.after(40).then(() => (resolved = true));
      await pass(5);
      expect(resolved).toBe(false);
      await pass(50);
      await done;
      expect(resolved).toBe(true);
    });

    it('resolves in the order of the deadlines', async () => {
      const { clock, pass } = open();
      const order: string[] = [];
      const all = [
        clock.after(40).then(() => order.push('late')),
        clock.after(10).then(() => order.push('early')),
        clock.after(0).then(() => order.push('now')),
      ];
      await pass(80);
      await Promise.all(all);
      expect(order).toEqual(['now', 'early', 'late']);
    });

    it('resolves at once when the signal aborts, also when it has already', async () => {
      const { clock } = open();
      const abort = new AbortController();
      const waits = clock.after(3_600_000, abort.signal);
      abort.abort();
      await waits;
      await clock.after(3_600_000, abort.signal);
    });

    it('keeps no listener on the signal of a wait that is over', async () => {
      const { clock, pass } = open();
      const { signal } = new AbortController();
      let listeners = 0;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
      signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
      const done = clock.after(1, signal);
      await pass(20);
      await done;
      expect(listeners).toBeLessThanOrEqual(0);
    });
  });
