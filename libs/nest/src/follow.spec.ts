import { fakeClock } from '@thuban/testing';
import { keepRunning } from './follow.js';
import { createLogger } from './logger.js';

describe('keepRunning', () => {
  it('does not start again what has ended by itself, as everything does when the log is closed', async () => {
    let runs = 0;
    const running = {
      signal: new AbortController().signal,
      clock: fakeClock(),
      logger: createLogger('spec', 'silent'),
    };
    await keepRunning('a projection', async () => void runs++, running);
    expect(runs).toBe(1);
  });

  it('starts again after a failure, and ends with the signal', async () => {
    const clock = fakeClock();
    const stopping = new AbortController();
    let runs = 0;
    const run = async (): Promise<void> => {
      if (++runs === 3) return stopping.abort();
      throw new Error('lost');
    };
    const ended = keepRunning('a projection', run, {
      signal: stopping.signal,
      clock,
      logger: createLogger('spec', 'silent'),
    });
    for (let i = 0; i < 2; i++) await clock.advance(500);
    await ended;
    expect(runs).toBe(3);
  });
});
