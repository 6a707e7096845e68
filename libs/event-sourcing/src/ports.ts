import type { DomainEvent } from '@thuban/events';
import type { NewEvent, Recorded } from './recorded.js';

/** The end of a shard: the newest `seq` (0 when empty) and its chain hash (`GENESIS_HASH` when empty). */
export interface Tip {
  readonly seq: number;
  readonly hash: string;
}

/** How far a reader has come: one tip per shard, in the log with this id. Only its adapter compares it. */
export interface Checkpoint {
  readonly logId: string;
  readonly tips: readonly Tip[];
}

/** The events that one commit adds to one shard, decided on the state up to `expectedSeq`. */
export interface ShardWrite<E extends DomainEvent = DomainEvent> {
  readonly shard: number;
  readonly expectedSeq: number;
  readonly events: readonly NewEvent<E>[];
}

/** One all-or-nothing append to one or several shards. `timeMs` becomes the time of all its events. */
export interface Commit<E extends DomainEvent = DomainEvent> {
  readonly commitId: string;
  readonly timeMs: number;
  readonly writes: readonly ShardWrite<E>[];
}

/**
 * Port 1 of 3. A named log of events in `shards` shards, dense `seq` from 1 in each.
 * Order is promised within a shard only.
 */
export interface EventLog {
  readonly name: string;
  /** Random, made when the log was created: a restored or wiped store has another one. */
  readonly id: string;
  readonly shards: number;
  /** True when no other process can append: then what this process has folded is all there is. */
  readonly soleWriter: boolean;
  /**
   * Appends all writes or none and resolves once they are durable, with the events in the order of the writes.
   * @throws ShardMoved when a shard's tip is not `expectedSeq`; nothing was written.
   * @throws LogUnavailable when the store failed. Nothing is promised: when the store could not even be asked, the commit may be found
   *   in it later, as if another writer had made it.
   * @throws RangeError for a commit without writes, a write without events, a shard that is not there or comes twice, a commit id,
   *   stream or type that is not one line, a time that is not whole milliseconds.
   */
  append<E extends DomainEvent>(commit: Commit<E>): Promise<readonly Recorded<E>[]>;
  /** The tips of all shards, by shard number. */
  tips(): Promise<readonly Tip[]>;
  /** Up to `max` events of a shard from `fromSeq` on, in order. */
  read(shard: number, fromSeq: number, max: number): Promise<readonly Recorded[]>;
  /**
   * Everything after the checkpoint, for ever, in batches of at most 20,000 events, until `signal` aborts; wakes at once for an append of this process.
   * Absent checkpoint: from the beginning.
   * @throws CheckpointMismatch when the checkpoint is of another log or of a tail that this log does not have.
   */
  subscribe(from: Checkpoint | undefined, signal: AbortSignal): AsyncIterable<readonly Recorded[]>;
  close(): Promise<void>;
}

/**
 * Which of two sets of tables a projection writes: rows are made anew in the other one, beside those that are read, and then the two are
 * switched. `a` until then.
 */
export type Slot = 'a' | 'b';

/** The name under which the rows of a slot keep their checkpoint and their parked events. */
export const checkpointName = (projection: string, slot: Slot): string =>
  slot === 'a' ? projection : `${projection}/b`;

/** An event that is not in the rows: folding it failed, or it came after one of its key that failed. */
export interface ParkedEvent {
  /** What `keyOf` of the projection says of it. */
  readonly key: string;
  readonly shard: number;
  readonly seq: number;
  readonly stream: string;
  /** Why folding it failed; empty for one that waits behind such an event. */
  readonly error: string;
  /** The JSON text of the recorded event. */
  readonly event: string;
}

/** What a transaction may do to the events that wait. `name` as of `checkpointName`. */
export interface ParkedEvents {
  /** The keys that have any, at most `max` of them. */
  keys(name: string, max: number): Promise<readonly string[]>;
  add(name: string, events: readonly ParkedEvent[]): Promise<void>;
  /** The first `max` of a key, by shard and seq. */
  ofKey(name: string, key: string, max: number): Promise<readonly ParkedEvent[]>;
  remove(name: string, events: readonly ParkedEvent[]): Promise<void>;
}

/** What the kernel sees of a database transaction. */
export interface ProjectionTx {
  /**
   * Moves the checkpoint of a projection by compare-and-set, and keeps others from moving it until the transaction ends.
   * @returns false when somebody else has moved it (the caller's rows must not commit).
   */
  saveCheckpoint(name: string, previous: Checkpoint | undefined, next: Checkpoint): Promise<boolean>;
  readonly parked: ParkedEvents;
  /** Drops a checkpoint and what is parked: the projection of this name has not begun. */
  forget(name: string): Promise<void>;
  /** From this commit on readers and projectors use this slot. */
  activate(projection: string, slot: Slot): Promise<void>;
}

/**
 * Port 2 of 3. Rows and checkpoints, moved together.
 * Everything throws `DatabaseUnavailable` when it was the database that failed and not what it was asked.
 */
export interface Database<Tx extends ProjectionTx = ProjectionTx> {
  /** Runs `work` in one transaction; a throw rolls everything back. */
  transaction<R>(work: (tx: Tx) => Promise<R>): Promise<R>;
  checkpointOf(name: string): Promise<Checkpoint | undefined>;
  /** The slot whose rows are read. */
  activeSlot(projection: string): Promise<Slot>;
  close(): Promise<void>;
}

/** Who does what only one process should do at a time, by the clock of the database. For liveness: nothing may rely on it for being right. */
export interface Leases {
  /** Takes or renews a lease for `ttlMs`. @returns whether it is the holder's now. */
  lease(name: string, holder: string, ttlMs: number): Promise<boolean>;
  /** Lets others have it at once; does nothing when it is another's. */
  releaseLease(name: string, holder: string): Promise<void>;
}

/** Port 3 of 3. Time. */
export interface Clock {
  /** Wall clock in Unix milliseconds, for display. */
  now(): number;
  /** Monotonic milliseconds, for deadlines and durations. */
  monotonic(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts. */
  after(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** The tip of a shard was not where the writer had read it: read what came, decide again. Nothing was written. */
export class ShardMoved extends Error {
  override readonly name = 'ShardMoved';
  constructor(
    readonly shard: number,
    readonly expectedSeq: number,
    readonly actualSeq?: number,
  ) {
    super(`ShardMoved: shard ${shard} is at ${actualSeq ?? 'another seq'}, not at ${expectedSeq}`);
  }
}

/** The store cannot be used now; the cause says why. A commit that met it is not acknowledged. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/**
 * The database cannot do it now: it is away, full, or somebody else held a lock for too long; the cause says why. Nothing was written,
 * except that a commit whose answer was lost may have been. To be tried again.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/** The checkpoint does not belong to this log: another log id, or a hash that this log does not have at that seq. */
export class CheckpointMismatch extends Error {
  override readonly name = 'CheckpointMismatch';
}
