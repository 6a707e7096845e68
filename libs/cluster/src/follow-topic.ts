import type { Clock } from '@thuban/event-sourcing';

const LOOK_EVERY_MS = 1_000;

/** How a process follows a topic while that is of use. */
export interface TopicFollower {
  /** Reads the topic until `signal` aborts. */
  readonly follow: (signal: AbortSignal) => Promise<void>;
  /** True while this process publishes the log. */
  readonly publishes: () => boolean;
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: AbortSignal;
}

/**
 * Follows the topic of a log, but not while this process publishes it: whoever publishes reads the table every 20 ms, and has every event before Kafka
 * does. Resolves when `signal` aborts.
 */
export const followTopicOfOthers = async ({ follow, publishes, clock, signal }: TopicFollower): Promise<void> => {
  while (!signal.aborted) {
    if (publishes()) await clock.after(LOOK_EVERY_MS, signal);
    else await followUntil(follow, publishes, clock, signal);
  }
};

const followUntil = async (
  follow: TopicFollower['follow'],
  publishes: () => boolean,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
): Promise<void> => {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  signal.addEventListener('abort', end);
  const looking = (async (): Promise<void> => {
    while (!ended.signal.aborted && !publishes()) await clock.after(LOOK_EVERY_MS, ended.signal);
    end();
  })();
  try {
    await follow(ended.signal);
  } finally {
    end();
    signal.removeEventListener('abort', end);
    await looking;
  }
};
