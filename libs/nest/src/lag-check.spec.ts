import { lagCheck } from './lag-check.js';

describe('lagCheck', () => {
  const start = () => {
    const at = { committed: 0, applied: 0, nowMs: 0 };
    const notReady = lagCheck(
      { committed: () => at.committed, applied: () => at.applied },
      { monotonic: () => at.nowMs },
    );
    return { at, notReady };
  };

  it('is ready while the fold follows, however large the burst', () => {
    const { at, notReady } = start();
    expect(notReady()).toBeUndefined();
    for (at.nowMs = 0; at.nowMs < 60_000; at.nowMs += 4_000) {
      at.applied = at.committed;
      at.committed += 100_000;
      expect(notReady()).toBeUndefined();
    }
  });

  it('is not ready when one event has not been applied for five seconds, and is again when it has', () => {
    const { at, notReady } = start();
    at.committed = 1;
    expect(notReady()).toBeUndefined();
    at.nowMs = 4_999;
    expect(notReady()).toBeUndefined();
    at.nowMs = 5_000;
    at.committed = 3;
    expect(notReady()).toBe('3 events behind for 5 s');
    at.applied = 1;
    expect(notReady()).toBeUndefined();
    at.nowMs = 10_000;
    expect(notReady()).toBe('2 events behind for 5 s');
    at.applied = 3;
    expect(notReady()).toBeUndefined();
  });
});
