import { setTimeout as pass } from 'node:timers/promises';

const PAUSE_MS = 20;

/**
 * Repeats an attempt until it does not throw, for what other processes do in their own time.
 * @throws the last error of the attempt when `withinMs` have passed.
 */
export const eventually = async <T>(attempt: () => Promise<T> | T, withinMs: number): Promise<T> => {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await pass(PAUSE_MS);
    }
  }
};
