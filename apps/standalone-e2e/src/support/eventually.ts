const PAUSE_MS = 10;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/**
 * Repeats an attempt until it does not throw, for what another process does in its own time.
 * @throws the last error of the attempt when `withinMs` have passed.
 */
export const eventually = async <T>(attempt: () => Promise<T> | T, withinMs = 5_000): Promise<T> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause();
    }
  }
};
