import type { Clock, EventLog, Observe } from '@thuban/event-sourcing';
import type { AttemptsPublisher } from './attempts.js';
import { StoreRefused } from './errors.js';
import { createKafkaCarrier, type CarrierMetrics, type KafkaCarrier } from './kafka-carrier.js';
import type { KafkaAddress } from './kafka-client.js';
import type { MysqlLog } from './mysql-log.js';
import { openMysqlStore } from './mysql-store.js';

/** What a cluster store is opened with. */
export interface ClusterStoreOptions {
  /** `mysql://user:password@host:port/database`. */
  readonly mysqlUrl: string;
  readonly kafka?: KafkaAddress;
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
  /** What Kafka carried, absent without Kafka. */
  readonly kafka?: CarrierMetrics;
  /** Times that an append met another writer's. */
  readonly conflicts: number;
  /** Connections to MySQL that were made again. */
  readonly reconnects: number;
}

/** MySQL as the event store and Kafka as what carries the events. */
export interface ClusterStore {
  /** The log with this name, created when it is new; the same one for each call. @throws StoreRefused for another number of shards. */
  log(name: string, shards: number): Promise<EventLog>;
  /** Reads the log's topic from now on and publishes into its feed, until `signal` aborts; what it brings can be observed. Needs `kafka`. */
  followTopic(log: EventLog, signal: AbortSignal, observe?: Observe): Promise<void>;
  /** Publishes the log to its topic while `lease` is held, until `signal` aborts; each send can be observed. Needs `kafka`. */
  startRelay(
    log: EventLog,
    options: {
      readonly lease: () => Promise<boolean>;
      readonly signal: AbortSignal;
      readonly observe?: Observe | undefined;
    },
  ): Relay;
  /** Creates the topics of the logs that have been opened. @throws StoreRefused for another partition count. */
  ensureTopics(): Promise<void>;
  /** Where the process called `service` publishes what it refused or failed. Needs `kafka`. */
  publishAttempts(service: string): AttemptsPublisher;
  /** The newest seq per shard that this process has heard of, whether or not its folds have it. */
  newest(log: EventLog): readonly number[];
  metrics(): ClusterMetrics;
  /** Ends all subscriptions and closes all connections. */
  close(): Promise<void>;
}

const POLL_MS = 500;

/**
 * Opens the store: connects to MySQL, checks its settings and creates the tables.
 * @throws StoreRefused in the forms of errors.ts.
 * @example const store = await openClusterStore({ mysqlUrl, clock, onProblem }); const log = await store.log('registry', 32);
 */
export const openClusterStore = async (options: ClusterStoreOptions): Promise<ClusterStore> => {
  const counts = { gaps: 0 };
  const mysql = await openMysqlStore({
    mysqlUrl: options.mysqlUrl,
    clock: options.clock,
    pollMs: options.pollMs ?? POLL_MS,
    onProblem: options.onProblem,
    onGap: (log, count) => {
      counts.gaps += count;
      options.onGap?.(log, count);
    },
    ...(options.sabotage === undefined ? {} : { sabotage: options.sabotage }),
  });
  const kafka = options.kafka && createKafkaCarrier(options.kafka, options);
  const logs = new Map<EventLog, MysqlLog>();

  const needKafka = (): KafkaCarrier => {
    if (!kafka) throw new StoreRefused('no Kafka brokers are given; name them, or do without topics');
    return kafka;
  };
  const known = (log: EventLog): MysqlLog => {
    const found = logs.get(log);
    if (!found) throw new Error(`the log "${log.name}" is not of this store`);
    return found;
  };
  return {
    log: async (name, shards) => {
      const opened = await mysql.log(name, shards);
      logs.set(opened.log, opened);
      return opened.log;
    },
    followTopic: async (log, signal, observe) => needKafka().followTopic(known(log), signal, observe),
    startRelay: (log, relayOptions) => needKafka().startRelay(known(log), relayOptions),
    ensureTopics: async () => needKafka().ensureTopics([...logs.keys()]),
    publishAttempts: (service) => needKafka().publishAttempts(service),
    newest: (log) => known(log).feed.seqs(),
    metrics: () => ({ ...mysql.counts(), gaps: counts.gaps, ...(kafka && { kafka: kafka.metrics() }) }),
    close: async () => {
      kafka?.close();
      await mysql.close();
    },
  };
};
