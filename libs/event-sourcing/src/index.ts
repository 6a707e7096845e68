export type { CommandContext, Handled } from './batch.js';
export { chainHash, GENESIS_HASH } from './chain.js';
export type { Hashed } from './chain.js';
export { refuseMalformed, rowsOf } from './commit-rows.js';
export type { EventRow } from './commit-rows.js';
export { CommandRejected } from './command-rejected.js';
export type { RejectionCode } from './command-rejected.js';
export { createCommitter } from './committer.js';
export type { Committer, CommitterOptions } from './committer.js';
export { foldInto } from './decider.js';
export type { Decided, Decider, KeyedState, Lookup } from './decider.js';
export { createFeed } from './feed.js';
export type { Feed, FeedSource } from './feed.js';
export { observed } from './observe.js';
export type { Observe } from './observe.js';
export { overlayOn } from './overlay.js';
export type { Overlay } from './overlay.js';
export { CheckpointMismatch, checkpointName, DatabaseUnavailable, LogUnavailable, ShardMoved } from './ports.js';
export type {
  Checkpoint,
  Clock,
  Commit,
  Database,
  EventLog,
  Leases,
  ParkedEvent,
  ParkedEvents,
  ProjectionTx,
  ShardWrite,
  Slot,
  Tip,
} from './ports.js';
export { TooManyParked } from './project-batch.js';
export { CheckpointMoved } from './projection.js';
export type { Parked, Projection, ProjectionProgress, RunProjectionOptions } from './projection.js';
export { rebuildProjection } from './rebuild-projection.js';
export type { NewEvent, Position, Recorded } from './recorded.js';
export { runLeased } from './run-leased.js';
export type { RunLeasedOptions } from './run-leased.js';
export { runProjection } from './run-projection.js';
export { replay } from './replay.js';
export { NewerDatabase, StoreCorrupt, StoreRefused } from './store-refused.js';
export { startFold } from './start-fold.js';
export type { Facts, RememberedKey, StartedFold } from './start-fold.js';
export { unparkKey } from './unpark-key.js';
