import type { Clock, EventLog } from '@thuban/event-sourcing';

/** What a cluster store is opened with. */
export interface ClusterStoreOptions {
  /** `mysql://user:password@host:port/database`. */
  readonly mysqlUrl: string;
  readonly kafka?: { readonly brokers: readonly string[]; readonly topicPrefix: string; readonly clientId: string };
  readonly clock: Clock;
  /** How often the table is polled for what others have appended, in milliseconds. 500 when absent. */
  readonly pollMs?: number;
  /** Told once of each trouble that the store goes on with: MySQL or Kafka away, a record that cannot be read. */
  readonly onProblem: (what: string, error: unknown) => void;
  /** Told when events were missing before one that was published, so that the table had to be read. */
  readonly onGap?: (log: string, count: number) => void;
  /** A planted bug, for the tests of the tests. */
  readonly sabotage?: string;
}

/** A relay that runs. */
export interface Relay {
  /** Resolves when its signal has aborted. */
  readonly ended: Promise<void>;
  /** The seq per shard up to which Kafka has the log. */
  published(): readonly number[];
  /** True while this process holds the lease and publishes. */
  active(): boolean;
}

/** Plain numbers since the start. */
export interface ClusterMetrics {
  /** Events that were missing before one that was published, and were read from the table. */
  readonly gaps: number;
  /** Polls of the tips. */
  readonly polls: number;
  /** Events sent to Kafka by the relays of this process. */
  readonly published: number;
  /** Times that an append met another writer's. */
  readonly conflicts: number;
  /** Connections to MySQL that were made again. */
  readonly reconnects: number;
}

/** MySQL as the event store and Kafka as what carries the events. */
export interface ClusterStore {
  /** The log with this name, created when it is new; the same one for each call. @throws StoreRefused for another number of shards. */
  log(name: string, shards: number): Promise<EventLog>;
  /** Reads the log's topic from now on and publishes into its feed, until `signal` aborts. Needs `kafka`. */
  followTopic(log: EventLog, signal: AbortSignal): Promise<void>;
  /** Publishes the log to its topic while `lease` is held, until `signal` aborts. Needs `kafka`. */
  startRelay(log: EventLog, options: { readonly lease: () => Promise<boolean>; readonly signal: AbortSignal }): Relay;
  /** Creates the topics of the logs that have been opened. @throws StoreRefused for another partition count. */
  ensureTopics(): Promise<void>;
  metrics(): ClusterMetrics;
  /** Ends all subscriptions and closes all connections. */
  close(): Promise<void>;
}
