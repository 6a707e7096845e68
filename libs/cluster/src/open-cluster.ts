import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openDatabase, type Migration, type ReadModelDatabase, type ReadModelTx } from '@thuban/database';
import { openClusterStore, type ClusterStore, type Relay } from '@thuban/event-log-cluster';
import { runLeased, runProjection, type EventLog, type Projection } from '@thuban/event-sourcing';
import type { DomainEvent } from '@thuban/events';
import {
  createLogger,
  keepRunning,
  lagCheck,
  startProcessTelemetry,
  StartupError,
  systemClock,
  type Logger,
  type Loop,
  type Metrics,
  type ProjectionLag,
  type ReadinessCheck,
} from '@thuban/nest';
import { BATCH_SPANS, observeBatches, type Tracer } from '@thuban/telemetry';
import { followTopicOfOthers } from './follow-topic.js';
import { registerClusterMetrics } from './register-metrics.js';
import type { ClusterSettings } from './settings.js';

/**
 * A planted bug, for the tests of the tests: nothing but a process under test (NODE_ENV) has one. It is taken out of the environment before
 * the settings are read, among which it would be an unknown one.
 */
const takePlantedBug = (): string | undefined => {
  if (process.env['NODE_ENV'] !== 'test') return undefined;
  const bug = process.env['THUBAN_SABOTAGE'];
  delete process.env['THUBAN_SABOTAGE'];
  return bug;
};
const sabotage = takePlantedBug();

/** How long a lease holds without being renewed: a dead owner's work is taken over after this. */
const LEASE_MS = 5_000;
/** Rows are needed at the next start only, so a burst of changes becomes few large transactions. */
const ROWS_PAUSE_MS = 1_000;

/** What a process of the cluster is opened with. */
export interface ClusterOptions {
  /** Its name: `registry`, `xds-push`, … */
  readonly service: string;
  readonly version: string;
  readonly settings: ClusterSettings;
  readonly entities?: Parameters<typeof openDatabase>[0]['entities'];
  readonly migrations?: readonly Migration[];
}

/** The stores of one process of the cluster and the loops that run on them. */
export interface Cluster {
  readonly logger: Logger;
  /** Undefined: telemetry is off. */
  readonly tracer: Tracer | undefined;
  readonly database: ReadModelDatabase;
  readonly store: ClusterStore;
  /** For loops of the process: ends when the cluster is closed. */
  readonly loop: Loop;
  /** Opens a log and follows its topic. */
  log(name: string, shards: number): Promise<EventLog>;
  /** Publishes a log to its topic, in one process at a time. */
  relay(log: EventLog): void;
  /** Keeps the rows of a projection, in one process at a time. */
  project<E extends DomainEvent>(log: EventLog, projection: Projection<ReadModelTx, E>): void;
  /** Not ready while a fold that has come to `seqs` is more than five seconds behind what this process has heard of. */
  behind(name: string, log: EventLog, seqs: () => readonly number[]): ReadinessCheck;
  /** How far the projections are that run in this process. */
  lags(): readonly ProjectionLag[];
  /** What `/v1/status` says of the stores, and who does what. */
  status(): object;
  registerMetrics(metrics: Metrics): void;
  /** Stops the loops and closes the stores. */
  close(): Promise<void>;
}

const passwordFrom = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new StartupError(`--mysql-password-file ${file} cannot be read: ${(error as Error).message}`);
  }
};

/** The URL with the password of the file, if there is one. @throws StartupError naming the setting that is wrong. */
export const mysqlUrlOf = (settings: Pick<ClusterSettings, 'mysql-url' | 'mysql-password-file'>): string => {
  const file = settings['mysql-password-file'];
  if (!URL.canParse(settings['mysql-url']))
    throw new StartupError('--mysql-url is no URL: it has the form mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE');
  const url = new URL(settings['mysql-url']);
  if (url.protocol !== 'mysql:' || url.pathname.length < 2)
    throw new StartupError('--mysql-url has the form mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE');
  if (file !== undefined) url.password = encodeURIComponent(passwordFrom(file));
  return url.href;
};

/** @throws StartupError for what is no `host:port`. */
export const brokersOf = (text: string): readonly string[] => {
  const brokers = text.split(',').map((broker) => broker.trim());
  const wrong = brokers.find((broker) => !/^[^\s:]+:\d{1,5}$|^\[[^\s\]]+\]:\d{1,5}$/.test(broker));
  if (wrong === undefined) return brokers;
  throw new StartupError(`--kafka-brokers has "${wrong}", which is no HOST:PORT`);
};

const sum = (seqs: readonly number[]): number => seqs.reduce((total, seq) => total + seq, 0);

/** A projection that may run here, and how far it is. */
interface Projected {
  readonly log: EventLog;
  seqs: readonly number[];
}

/**
 * Opens MySQL and Kafka for one process.
 * @throws StartupError, DatabaseRefused or StoreRefused: one sentence for the operator; nothing stays open.
 */
export const openCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const { service, version, settings, entities = [], migrations = [] } = options;
  const logger = createLogger(service, settings['log-level']);
  const holder = `${service}-${randomUUID()}`;
  const mysqlUrl = mysqlUrlOf(settings);
  const brokers = brokersOf(settings['kafka-brokers']);
  const telemetry = await startProcessTelemetry({ service: `thuban-${service}`, version }, settings, logger);
  const { tracer } = telemetry;
  const stopping = new AbortController();
  const loop: Loop = { signal: stopping.signal, clock: systemClock, logger };
  const database = await openDatabase({ mysqlUrl, service, entities, migrations });
  const store = await openClusterStore({
    mysqlUrl,
    kafka: { brokers, topicPrefix: settings['kafka-topic-prefix'], clientId: holder },
    clock: systemClock,
    ...(sabotage !== undefined && { sabotage }),
    onProblem: (what, error) => logger.warn({ err: error }, what),
    onGap: (log, count) =>
      logger.info(`${count} events of the log "${log}" were read from the table before Kafka brought them`),
  }).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const running: Promise<unknown>[] = [];
  const relays = new Map<EventLog, Relay>();
  const projected = new Map<string, Projected>();
  const newest = (log: EventLog): number => sum(store.newest(log));
  const lags = (): readonly ProjectionLag[] =>
    [...projected].map(([name, { log, seqs }]) => ({ name, lagEvents: Math.max(0, newest(log) - sum(seqs)) }));
  const relayLag = (log: EventLog, relay: Relay): number => Math.max(0, newest(log) - sum(relay.published()));

  const project: Cluster['project'] = (log, projection) => {
    const { name } = projection;
    const progress: Projected = { log, seqs: [] };
    const run = (signal: AbortSignal): Promise<void> =>
      runProjection({
        log,
        database,
        projection,
        signal,
        clock: systemClock,
        pauseMs: ROWS_PAUSE_MS,
        sabotage: sabotage === 'checkpoint-outside-transaction' ? sabotage : undefined,
        observe: observeBatches(tracer, BATCH_SPANS.project(log.name, name)),
        onProgress: ({ seqs }) => void (progress.seqs = seqs),
        onRebuild: (reason) => logger.warn(`the rows of ${name} are made anew: ${reason}`),
        onParked: ({ key, shard, seq, error }) =>
          logger.error(
            { err: error },
            `${name}: the rows of ${key} stay as they were: event ${seq} of shard ${shard} cannot be folded`,
          ),
      });
    const onHeld = (held: boolean): void => {
      if (held) projected.set(name, progress);
      else projected.delete(name);
    };
    const lease = { database, name, holder, ttlMs: LEASE_MS, clock: systemClock, signal: stopping.signal, onHeld };
    running.push(keepRunning(`the projection ${name}`, () => runLeased(lease, run), loop));
  };

  return {
    logger,
    tracer,
    database,
    store,
    loop,
    log: async (name, shards) => {
      const log = await store.log(name, shards);
      await store.ensureTopics();
      const observe = observeBatches(tracer, BATCH_SPANS.receive(name));
      const follow = (signal: AbortSignal): Promise<void> => store.followTopic(log, signal, observe);
      const publishes = (): boolean => relays.get(log)?.active() ?? false;
      const followTopic = (): Promise<void> =>
        followTopicOfOthers({ follow, publishes, clock: systemClock, signal: stopping.signal });
      running.push(keepRunning(`the topic of the log "${name}"`, followTopic, loop));
      return log;
    },
    relay: (log) => {
      const lease = (): Promise<boolean> => database.lease(`relay ${log.name}`, holder, LEASE_MS);
      const observe = observeBatches(tracer, BATCH_SPANS.publish(log.name));
      const relay = store.startRelay(log, { lease, signal: stopping.signal, observe });
      relays.set(log, relay);
      running.push(relay.ended);
    },
    project,
    behind: (name, log, seqs) => ({
      name,
      notReady: lagCheck({ committed: () => newest(log), applied: () => sum(seqs()) }, systemClock),
    }),
    lags,
    status: () => ({
      service,
      holder,
      relays: [...relays].map(([log, relay]) => ({
        log: log.name,
        active: relay.active(),
        ...(relay.active() && { lagEvents: relayLag(log, relay) }),
      })),
      projections: [...projected.keys()],
      ...store.metrics(),
    }),
    registerMetrics: (metrics) =>
      registerClusterMetrics(metrics, store, () =>
        [...relays].map(([log, relay]) => ({ log: log.name, active: relay.active(), lagEvents: relayLag(log, relay) })),
      ),
    close: async () => {
      stopping.abort();
      await Promise.all(running);
      await store.close();
      await database.close();
      await telemetry.shutdown();
    },
  };
};
