import type { DomainEvent, EventMeta } from '@thuban/events';

/** An event that has been decided and not yet appended. `stream` as made by `streamId`. */
export interface NewEvent<E extends DomainEvent = DomainEvent> {
  readonly stream: string;
  readonly event: E;
  readonly meta: EventMeta;
  /** The JSON text of `event.data`, when whoever decided has it already: spares the log a second encoding. */
  readonly dataText?: string;
}

/** Where an event stands: dense `seq` from 1 in its shard. */
export interface Position {
  readonly shard: number;
  readonly seq: number;
}

/** An event of a log. A union of events stays a union, so `switch (recorded.type)` narrows `recorded.data`. */
export type Recorded<E extends DomainEvent = DomainEvent> = E &
  Position & {
    readonly stream: string;
    readonly meta: EventMeta;
    /** Wall clock at the append, in Unix milliseconds. For display and for the life of idempotency keys; never for order. */
    readonly timeMs: number;
    /** The same for all events of one commit. */
    readonly commitId: string;
    /** Hex SHA-256 over the previous event's hash of the shard and this event: see `chainHash`. */
    readonly hash: string;
  };
