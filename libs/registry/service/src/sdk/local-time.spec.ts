import { localTime } from './local-time.js';

it('is written as year, month, day and time of day, two digits each', () => {
  const time = new Date(2026, 0, 2, 3, 4, 5).getTime();
  expect(localTime(time)).toBe('2026-01-02 03:04:05');
  expect(localTime(time + 999)).toBe('2026-01-02 03:04:05');
  expect(localTime(time + 1000)).toBe('2026-01-02 03:04:06');
  expect(localTime(time)).toBe('2026-01-02 03:04:05');
});
