import type { DomainEvent } from '@thuban/events';
import { GENESIS_HASH } from './chain.js';
import type { Observe } from './observe.js';
import type { Checkpoint, Clock, Database, EventLog, ProjectionTx, Slot, Tip } from './ports.js';
import type { Recorded } from './recorded.js';

/** A fold into rows. `name` names its checkpoint; another name begins anew. */
export interface Projection<Tx extends ProjectionTx, E extends DomainEvent = DomainEvent> {
  readonly name: string;
  /** What an event is about: when folding it fails, later events of its key wait behind it. Absent: its stream. */
  keyOf?(event: Recorded<E>): string;
  /** Writes the rows of a batch into the tables of a slot; events of a shard come in order, without gaps but for those that are parked. */
  project(tx: Tx, events: readonly Recorded<E>[], slot: Slot): Promise<void>;
  /** Drops all rows of a slot: the log is not the one that they were made from. */
  reset(tx: Tx, slot: Slot): Promise<void>;
}

/** Told after each batch. `seqs` per shard; `parkedKeys`: how many keys have events that wait. */
export interface ProjectionProgress {
  readonly seqs: readonly number[];
  readonly events: number;
  readonly parkedKeys: number;
}

/** An event that could not be folded: its key stays as it was until somebody unparks it. */
export interface Parked {
  readonly projection: string;
  readonly key: string;
  readonly shard: number;
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  readonly error: unknown;
}

export interface RunProjectionOptions<Tx extends ProjectionTx, E extends DomainEvent> {
  readonly log: EventLog;
  readonly database: Database<Tx>;
  readonly projection: Projection<Tx, E>;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'after'>;
  /** A pause after each batch of less than 500 events, so that a burst becomes few large transactions; 0 for rows that must be fresh. */
  readonly pauseMs?: number;
  readonly onProgress?: (progress: ProjectionProgress) => void;
  /** Observes each batch until its rows and its checkpoint are committed. */
  readonly observe?: Observe | undefined;
  /** Told when the checkpoint did not fit the log and the rows are being made anew. */
  readonly onRebuild?: (reason: string) => void;
  /** Told of each event whose fold failed. */
  readonly onParked?: (parked: Parked) => void;
  /** With more keys than this the fold is at fault and not the events, and the projection stops. Default 1,000. */
  readonly parkedKeysMax?: number;
  /** A planted bug, for the tests that must find it. */
  readonly sabotage?: 'checkpoint-outside-transaction' | undefined;
}

/** The checkpoint before the first event. */
export const beginningOf = (log: EventLog): Checkpoint => ({
  logId: log.id,
  tips: Array.from({ length: log.shards }, (): Tip => ({ seq: 0, hash: GENESIS_HASH })),
});

/** Another process has moved the checkpoint: it projects too. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

/** @throws CheckpointMoved */
export const moveCheckpoint = async (
  tx: ProjectionTx,
  name: string,
  previous: Checkpoint | undefined,
  next: Checkpoint,
): Promise<void> => {
  if (!(await tx.saveCheckpoint(name, previous, next)))
    throw new CheckpointMoved(`another process moved the checkpoint of ${name}`);
};
