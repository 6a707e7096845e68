import type { DomainEvent } from '@thuban/events';
import type { Checkpoint, Clock, EventLog, Recorded, Tip } from '@thuban/event-sourcing';
import type { Logger } from './logger.js';

/** A fold in memory that follows a log; `seqs` per shard is how far it has come. */
export interface Follower {
  readonly seqs: () => readonly number[];
  /** Resolves when the signal has aborted or the log is closed. */
  readonly ended: Promise<void>;
}

const RETRY_MS = 500;

/** What a loop of a process needs. */
export interface Loop {
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
}

/** Keeps `run` running: each failure is logged with its cause and `run` starts again after a pause, until it ends by itself or the signal aborts. */
export const keepRunning = async (
  name: string,
  run: () => Promise<void>,
  { signal, clock, logger }: Loop,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ err: error }, `${name} failed and starts again from where it was`);
      await clock.after(RETRY_MS, signal);
    }
  }
};

/** Hands every event after `from` to `apply`, as it is committed, the next batch when `apply` is done with the last. `name` is for the log. */
export const follow = <E extends DomainEvent>(
  name: string,
  log: EventLog,
  from: Checkpoint,
  apply: (events: readonly Recorded<E>[]) => void | Promise<void>,
  loop: Loop,
): Follower => {
  const tips: Tip[] = [...from.tips];
  const run = async (): Promise<void> => {
    for await (const batch of log.subscribe({ logId: from.logId, tips: [...tips] }, loop.signal)) {
      await apply(batch as readonly Recorded<E>[]);
      for (const { shard, seq, hash } of batch) tips[shard] = { seq, hash };
    }
  };
  return { seqs: () => tips.map(({ seq }) => seq), ended: keepRunning(name, run, loop) };
};
