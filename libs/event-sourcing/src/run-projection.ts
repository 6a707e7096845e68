import type { DomainEvent } from '@thuban/events';
import type { Checkpoint, Clock, Database, EventLog, ProjectionTx, Tip } from './ports.js';
import { CheckpointMismatch } from './ports.js';
import { GENESIS_HASH } from './chain.js';
import type { Recorded } from './recorded.js';

/** A fold into rows. `name` names its checkpoint; a new name is a rebuild beside the old one. */
export interface Projection<Tx extends ProjectionTx, E extends DomainEvent = DomainEvent> {
  readonly name: string;
  /** Writes the rows of a batch; events of a shard come in order, without gaps. */
  project(tx: Tx, events: readonly Recorded<E>[]): Promise<void>;
  /** Drops all rows: the log is not the one that they were made from. */
  reset(tx: Tx): Promise<void>;
}

/** Told after each batch. `seqs` per shard. */
export interface ProjectionProgress {
  readonly seqs: readonly number[];
  readonly events: number;
}

export interface RunProjectionOptions<Tx extends ProjectionTx, E extends DomainEvent> {
  readonly log: EventLog;
  readonly database: Database<Tx>;
  readonly projection: Projection<Tx, E>;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'after'>;
  /** A pause after each batch, so that a burst becomes few large transactions; 0 for rows that must be fresh. */
  readonly pauseMs?: number;
  readonly onProgress?: (progress: ProjectionProgress) => void;
  /** Told when the checkpoint did not fit the log and the rows are being made anew. */
  readonly onRebuild?: (reason: string) => void;
}

const genesis = (log: EventLog): Checkpoint => ({
  logId: log.id,
  tips: Array.from({ length: log.shards }, (): Tip => ({ seq: 0, hash: GENESIS_HASH })),
});

const after = (checkpoint: Checkpoint, events: readonly Recorded[]): Checkpoint => {
  const tips = [...checkpoint.tips];
  for (const { shard, seq, hash } of events) {
    const expected = (tips[shard]?.seq ?? 0) + 1;
    if (seq !== expected)
      throw new Error(`event ${expected} of shard ${shard} is missing: the log went on with ${seq}`);
    tips[shard] = { seq, hash };
  }
  return { ...checkpoint, tips };
};

/**
 * Follows the log and keeps rows: rows and checkpoint move in one transaction, so a crash between two batches changes nothing.
 * A checkpoint that does not fit the log drops the rows and starts from the beginning.
 * Resolves when `signal` aborts; rejects when the store or `project` fails (the caller restarts it from the checkpoint).
 */
export const runProjection = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
): Promise<void> => {
  const { log, database, projection } = options;
  const stored = await database.checkpointOf(projection.name);
  try {
    await follow(options, stored);
  } catch (error) {
    if (!(error instanceof CheckpointMismatch)) throw error;
    options.onRebuild?.(error.message);
    const empty = genesis(log);
    await database.transaction(async (tx) => {
      await projection.reset(tx);
      await moveCheckpoint(tx, projection.name, stored, empty);
    });
    await follow(options, empty);
  }
};

const moveCheckpoint = async (
  tx: ProjectionTx,
  name: string,
  previous: Checkpoint | undefined,
  next: Checkpoint,
): Promise<void> => {
  if (await tx.saveCheckpoint(name, previous, next)) return;
  throw new Error(`another process moved the checkpoint of ${name}`);
};

const follow = async <Tx extends ProjectionTx, E extends DomainEvent>(
  { log, database, projection, signal, clock, pauseMs = 0, onProgress }: RunProjectionOptions<Tx, E>,
  stored: Checkpoint | undefined,
): Promise<void> => {
  let previous = stored;
  let events = 0;
  for await (const batch of log.subscribe(stored, signal)) {
    const next = after(previous ?? genesis(log), batch);
    await database.transaction(async (tx) => {
      await projection.project(tx, batch as readonly Recorded<E>[]);
      await moveCheckpoint(tx, projection.name, previous, next);
    });
    previous = next;
    events += batch.length;
    onProgress?.({ seqs: next.tips.map(({ seq }) => seq), events });
    if (pauseMs > 0) await clock.after(pauseMs, signal);
  }
};
