import { brokersOf } from '@thuban/cluster';
import { attemptsTopic, topicOf } from '@thuban/event-log-cluster';
import { REGISTRY_LOG, REGISTRY_SHARDS, RULES_LOG, RULES_SHARDS } from '@thuban/events';
import {
  bootstrap,
  createLogger,
  createMetrics,
  ensureWritableDirectory,
  hostOf,
  lagCheck,
  processApi,
  registerProcessMetrics,
  shiftedPort,
  StartupError,
  systemClock,
  type Logger,
} from '@thuban/nest';
import { openAuditFile } from './audit-schema.js';
import { auditStore, type AuditStore } from './audit-store.js';
import { consumeTopic, type ConsumeOptions } from './consume-topic.js';
import { followRegistry } from './follow-registry.js';
import { auditHttp } from './http/audit-http.js';
import { OPERATIONS } from './http/operations.js';
import { createIntake, type LogTopic } from './intake.js';
import { registerAuditMetrics } from './register-metrics.js';
import type { Settings } from './settings.js';
import { httpSource, type SourceLog } from './source.js';
import { VERSION } from './version.js';

/** A running audit. */
export interface Audit {
  /** What to tell the operator. */
  readonly ready: string;
  readonly httpPort: number;
  close(): Promise<void>;
}

const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 10_000;
const LOGS = [
  { name: REGISTRY_LOG, shards: REGISTRY_SHARDS },
  { name: RULES_LOG, shards: RULES_SHARDS },
];

const checkedUrl = (url: string): string => {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '');
  throw new StartupError(`--registry-url ${url} is no URL: it has the form http://HOST:PORT`);
};

/** Reads a topic for ever, with new connections after every error. Each kind of trouble is told once until it is over. */
const keepConsuming = async (
  options: Omit<ConsumeOptions, 'offsets'> & { readonly store: AuditStore },
  logger: Logger,
  onJoined: (joined: boolean) => void,
): Promise<void> => {
  const { store, topic, signal } = options;
  let pauseMs = PAUSE_MS;
  let told = '';
  while (!signal.aborted) {
    try {
      await consumeTopic({
        ...options,
        offsets: store.nextOffsets(topic),
        onRecords: async (partition, records) => {
          await options.onRecords(partition, records);
          [pauseMs, told] = [PAUSE_MS, ''];
        },
        onJoined: () => onJoined(true),
      });
    } catch (error) {
      const { message } = error as Error;
      if (message !== told) logger.warn(`the topic ${topic} is not read now, trying again: ${message}`);
      told = message;
    }
    onJoined(false);
    await systemClock.after(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
  }
};

/**
 * Opens the file of the audit, reads the topics into it and serves what is in it.
 * @throws StartupError: one sentence for the operator; nothing is left running.
 */
export const startAudit = async (settings: Settings, signals = true): Promise<Audit> => {
  const logger = createLogger('audit', settings['log-level']);
  const brokers = brokersOf(settings['kafka-brokers']);
  const source = httpSource(checkedUrl(settings['registry-url']));
  const store = auditStore(openAuditFile(ensureWritableDirectory(settings['data-dir'])));
  try {
    return await serve({ settings, signals, logger, brokers, source, store });
  } catch (error) {
    store.close();
    throw error;
  }
};

interface Opened {
  readonly settings: Settings;
  readonly signals: boolean;
  readonly logger: Logger;
  readonly brokers: readonly string[];
  readonly source: ReturnType<typeof httpSource>;
  readonly store: AuditStore;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Starts the loops that read. */
const startReading = ({ settings, logger, brokers, source, store }: Opened) => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const prefix = settings['kafka-topic-prefix'];
  const intake = createIntake({
    store,
    source,
    nowMs: systemClock.now,
    onTrouble: (sentence) => logger.error(sentence),
  });
  const joined = new Set<string>();
  const consume = (topic: string, onRecords: ConsumeOptions['onRecords']): Promise<void> =>
    keepConsuming(
      {
        ...{ brokers, topic, onRecords, signal, store },
        groupId: `${topic}.audit-${store.readerId}`,
        onJoined: () => undefined,
      },
      logger,
      (is) => void (is ? joined.add(topic) : joined.delete(topic)),
    );
  let logs: readonly SourceLog[] = [];
  let reachable = false;
  const onLooked = (found: readonly SourceLog[] | undefined, error?: unknown): void => {
    if (found) logs = found;
    const is = found !== undefined;
    if (reachable && !is) logger.warn((error as Error).message);
    reachable = is;
  };
  const topics: readonly LogTopic[] = LOGS.map((log) => ({ ...log, topic: topicOf(prefix, log.name) }));
  const attempts = attemptsTopic(prefix);
  const running = [
    ...topics.map((topic) => consume(topic.topic, (partition, records) => intake.records(topic, partition, records))),
    consume(attempts, (partition, records) => intake.attempts(attempts, partition, records)),
    followRegistry({ source, store, intake, logs: LOGS.map(({ name }) => name), clock: systemClock, signal, onLooked }),
  ];
  const committed = (): number => sum(logs.flatMap(({ tips = [] }) => tips));
  const kept = (): number =>
    sum(logs.flatMap(({ id, tips = [] }) => tips.map((tip, shard) => Math.min(tip, store.tip(id, shard).seq))));
  return {
    committed,
    kept,
    behind: () => committed() - kept(),
    joined: () => joined.size,
    reachable: () => reachable,
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
};

const brokenSentence = (store: AuditStore): string | undefined => {
  if (store.breakCount() === 0) return undefined;
  const [first] = store.breaks();
  return `the hash chain is broken at ${store.breakCount()} places, first in log "${first?.log}", shard ${first?.shard}, at seq ${first?.seq}; see /v1/audit/verify`;
};

const serve = async (opened: Opened): Promise<Audit> => {
  const { settings, signals, logger, source, store } = opened;
  const host = hostOf(settings);
  const port = shiftedPort('http-port', settings);
  const reading = startReading(opened);
  const close = async (): Promise<void> => {
    await reading.stop();
    store.close();
  };
  const api = processApi({
    logs: [],
    clock: systemClock,
    version: VERSION,
    operations: Object.values(OPERATIONS),
    counts: () => {
      const { events, attempts, duplicates } = store.counts();
      return { events, attempts, duplicates };
    },
    statusSections: {
      audit: () => ({
        logs: store.logs(),
        breaks: store.breakCount(),
        poison: store.counts().poison,
        behind: reading.behind(),
        topicsJoined: reading.joined(),
        registryReachable: reading.reachable(),
      }),
    },
  });
  const metrics = createMetrics();
  registerProcessMetrics(metrics, { version: VERSION, projections: () => [] });
  registerAuditMetrics(metrics, { store, ...reading });
  const server = await bootstrap({
    name: 'audit',
    modules: [auditHttp(store, source), api.module],
    http: { host, port, what: 'http' },
    grpc: [],
    logger,
    metrics,
    checks: [
      { name: 'chain', notReady: () => brokenSentence(store) },
      { name: 'behind', notReady: lagCheck({ committed: reading.committed, applied: reading.kept }, systemClock) },
    ],
    onClosed: close,
    signals,
  }).catch(async (error: unknown) => {
    await reading.stop();
    throw error;
  });
  return {
    ready: `audit ${VERSION} is ready: HTTP ${host}:${server.ports.http}, ${store.counts().events} events`,
    httpPort: server.ports.http,
    close: server.close,
  };
};
