import type { Attempt } from '@thuban/events';

/** A log as the audit knows it: a database that was made anew has another id under the same name. */
export interface KnownLog {
  readonly id: string;
  readonly name: string;
  readonly shards: number;
}

/** An event as it is kept: what the chain hash covers, and what is searched for. */
export interface KeptEvent {
  readonly logId: string;
  readonly log: string;
  readonly shard: number;
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  readonly timeMs: number;
  readonly commitId: string;
  readonly hash: string;
  /** The JSON text `{"data":…,"meta":…}` that the hash covers. */
  readonly body: string;
  readonly actor: string;
  readonly requestId: string;
}

/**
 * What is wrong with the history of a shard. `broken`: an event does not follow from the one before it; `rewritten`: the log has another event
 * at a place than it had when it was recorded.
 */
export interface ChainBreak {
  readonly logId: string;
  readonly log: string;
  readonly shard: number;
  readonly seq: number;
  readonly kind: 'broken' | 'rewritten';
  /** What was found, in one sentence. */
  readonly why: string;
}

/** Why a record of a topic was not taken as it is: `forged` is not what the log has, `schema` is kept all the same. */
export type PoisonReason = 'foreign' | 'unknown' | 'malformed' | 'forged' | 'schema';

/** A record that was left out, or is not what it should be. */
export interface Poison {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: PoisonReason;
  readonly why: string;
}

/** An attempt with the id of its record, which is how a duplicate is known. */
export interface KeptAttempt {
  readonly id: string;
  readonly attempt: Attempt;
}

/** Where to go on reading a partition. */
export interface NextOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What is written at once. */
export interface Batch {
  readonly logs?: readonly KnownLog[];
  readonly events?: readonly KeptEvent[];
  readonly breaks?: readonly ChainBreak[];
  readonly attempts?: readonly KeptAttempt[];
  readonly poison?: readonly Poison[];
  readonly duplicates?: number;
  readonly next?: NextOffset;
}
