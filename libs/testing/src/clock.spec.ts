import { setTimeout as sleep } from 'node:timers/promises';
import { fakeClock } from './clock.js';
import { clockContract } from './clock-contract.js';

clockContract('the fake clock', () => {
  const clock = fakeClock();
  return { clock, pass: clock.advance };
});

clockContract('the clock of the machine', () => ({
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (delayMs, signal) => sleep(delayMs, undefined, signal && { signal }).catch(() => undefined),
  },
  pass: (ms) => sleep(ms),
}));

describe('the fake clock', () => {
  it('stands still until it is told to move', async () => {
    const clock = fakeClock(1000);
    await new Promise(setImmediate);
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1250, 250]);
  });

  it('lets whoever waited run, at its own time, before the next', async () => {
    const clock = fakeClock(0);
    const seen: string[] = [];
    const tick = async (name: string, everyMs: number): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await clock.after(everyMs);
        seen.push(`${name}@${clock.now()}`);
      }
    };
    const all = Promise.all([tick('slow', 20), tick('fast', 15)]);
    await clock.advance(60);
    await all;
    expect(seen).toEqual(['fast@15', 'slow@20', 'fast@30', 'slow@40', 'fast@45', 'slow@60']);
    expect(clock.waiting()).toBe(0);
  });

  it('jumps the wall clock without moving deadlines', async () => {
    const clock = fakeClock(0);
    let done = false;
    void clock.after(10).then(() => (done = true));
    clock.jump(-3_600_000);
    await clock.advance(9);
    expect([done, clock.now(), clock.monotonic()]).toEqual([false, -3_599_991, 9]);
    await clock.advance(1);
    expect(done).toBe(true);
  });
});
