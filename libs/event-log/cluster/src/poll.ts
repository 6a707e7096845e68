import type { Clock } from '@thuban/event-sourcing';

/** Something done again and again. */
export interface Poll {
  /** From now on this often; `undefined`: as at the beginning. */
  setMs(pollMs: number | undefined): void;
  end(): void;
}

/** Runs `run` after every `pollMs`, one at a time; a failure is told and the next one comes as planned. */
export const createPoll = (options: {
  readonly clock: Pick<Clock, 'after'>;
  readonly pollMs: number;
  readonly run: () => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}): Poll => {
  let pollMs = options.pollMs;
  let ended = false;
  let waiting = new AbortController();

  const loop = async (): Promise<void> => {
    while (!ended) {
      await options.clock.after(pollMs, waiting.signal);
      if (waiting.signal.aborted) waiting = new AbortController();
      else await options.run().catch(options.onProblem);
    }
  };
  void loop();
  return {
    setMs: (ms) => {
      pollMs = ms ?? options.pollMs;
      waiting.abort();
    },
    end: () => {
      ended = true;
      waiting.abort();
    },
  };
};
