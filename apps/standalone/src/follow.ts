import type { RegistryEvent } from '@thuban/events';
import type { Checkpoint, Clock, EventLog, Recorded, Tip } from '@thuban/event-sourcing';
import type { Logger } from '@thuban/nest';

/** A fold in memory that follows a log; `seqs` per shard is how far it has come. */
export interface Follower {
  readonly seqs: () => readonly number[];
  /** Resolves when the signal has aborted or the log is closed. */
  readonly ended: Promise<void>;
}

const RETRY_MS = 500;

/** Keeps `run` running: each failure is logged with its cause and `run` starts again after a pause, until it ends by itself or the signal aborts. */
export const keepRunning = async (
  name: string,
  run: () => Promise<void>,
  {
    signal,
    clock,
    logger,
  }: { readonly signal: AbortSignal; readonly clock: Pick<Clock, 'after'>; readonly logger: Logger },
): Promise<void> => {
  while (!signal.aborted) {
    try {
      return await run();
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ err: error }, `${name} failed and starts again from its checkpoint`);
      await clock.after(RETRY_MS, signal);
    }
  }
};

/** Hands every event after `from` to `apply`, as it is committed. */
export const follow = (
  log: EventLog,
  from: Checkpoint,
  apply: (events: readonly Recorded<RegistryEvent>[]) => void,
  running: { readonly signal: AbortSignal; readonly clock: Pick<Clock, 'after'>; readonly logger: Logger },
): Follower => {
  const tips: Tip[] = [...from.tips];
  const run = async (): Promise<void> => {
    for await (const batch of log.subscribe({ logId: from.logId, tips }, running.signal)) {
      apply(batch as readonly Recorded<RegistryEvent>[]);
      for (const { shard, seq, hash } of batch) tips[shard] = { seq, hash };
    }
  };
  return { seqs: () => tips.map(({ seq }) => seq), ended: keepRunning('the mesh', run, running) };
};
