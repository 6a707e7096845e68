import type { DomainEvent } from '@thuban/events';
import { observed } from './observe.js';
import {
  checkpointName,
  CheckpointMismatch,
  type Checkpoint,
  type Database,
  type EventLog,
  type ProjectionTx,
  type Slot,
} from './ports.js';
import { projectBatch } from './project-batch.js';
import { beginningOf, moveCheckpoint, type Projection, type RunProjectionOptions } from './projection.js';
import type { Recorded } from './recorded.js';

/**
 * Follows the log and keeps rows: rows and checkpoint move in one transaction, so a crash between two batches changes nothing.
 * A checkpoint that does not fit the log drops the rows and starts from the beginning. An event whose fold fails for a reason that is not
 * the database's is parked with its key, and everything else goes on.
 * Resolves when `signal` aborts; rejects with `DatabaseUnavailable`, or with `CheckpointMoved` when another process projects too
 * (the caller starts it again: it goes on from the checkpoint).
 */
export const runProjection = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
): Promise<void> => projectInto(options, await options.database.activeSlot(options.projection.name));

/** As {@link runProjection}, into the tables of a slot, whichever is active. */
export const projectInto = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
  slot: Slot,
): Promise<void> => {
  const { log, database, projection } = options;
  const stored = await database.checkpointOf(checkpointName(projection.name, slot));
  try {
    await follow(options, slot, stored);
  } catch (error) {
    if (!(error instanceof CheckpointMismatch)) throw error;
    options.onRebuild?.(error.message);
    await startOver(log, database, projection, slot, stored);
    await follow(options, slot, beginningOf(log));
  }
};

/** Empties a slot whose checkpoint is `stored`, so that it can be filled from the beginning. */
export const startOver = <Tx extends ProjectionTx, E extends DomainEvent>(
  log: EventLog,
  database: Database<Tx>,
  projection: Projection<Tx, E>,
  slot: Slot,
  stored: Checkpoint | undefined,
): Promise<void> =>
  database.transaction(async (tx) => {
    const name = checkpointName(projection.name, slot);
    await moveCheckpoint(tx, name, stored, beginningOf(log));
    await tx.forget(name);
    await moveCheckpoint(tx, name, undefined, beginningOf(log));
    await projection.reset(tx, slot);
  });

/** A batch of this many events is as good as a larger one: it is not paused for, so that who is behind, as in a rebuild, is not held up. */
const LARGE_BATCH = 500;

const follow = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
  slot: Slot,
  stored: Checkpoint | undefined,
): Promise<void> => {
  const { log, signal, clock, pauseMs = 0, onProgress, observe } = options;
  let previous = stored;
  let events = 0;
  for await (const batch of log.subscribe(stored, signal)) {
    const { checkpoint, parkedKeys } = await observed(
      observe,
      () => batch,
      () => projectBatch(options, slot, previous, batch as readonly Recorded<E>[]),
    );
    previous = checkpoint;
    events += batch.length;
    onProgress?.({ seqs: checkpoint.tips.map(({ seq }) => seq), events, parkedKeys });
    if (pauseMs > 0 && batch.length < LARGE_BATCH) await clock.after(pauseMs, signal);
  }
};
