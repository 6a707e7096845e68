import { StoreRefused } from './errors.js';
import type { KafkaAddress, KafkaClient, TopicSpec } from './kafka-client.js';

/** A topic is there and is not what it must be. */
export class TopicRefused extends StoreRefused {
  override readonly name = 'TopicRefused';
}

/** A log and its shards, for its topic. */
export interface LogTopic {
  readonly name: string;
  readonly shards: number;
}

/** More than the largest event (256 KiB of text, up to three bytes a character) with its headers. */
export const RECORD_BYTES_MAX = 2 * 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
const ATTEMPTS_RETENTION_MS = 30 * DAY_MS;

/** @example topicOf('thuban', 'registry') // 'thuban.registry.v1' */
export const topicOf = (prefix: string, log: string): string => `${prefix}.${log}.v1`;

/** The topic of denied and failed commands, `<prefix>.audit.v1`. */
export const attemptsTopic = (prefix: string): string => topicOf(prefix, 'audit');

/** @throws TopicRefused for a prefix that Kafka would not take. */
const checkedPrefix = (prefix: string): string => {
  if (/^[A-Za-z0-9._-]{1,200}$/.test(prefix)) return prefix;
  throw new TopicRefused(
    `the Kafka topic prefix ${JSON.stringify(prefix)} cannot be part of a topic's name; use letters, digits, dot, hyphen and underscore`,
  );
};

const configOf = (retentionMs: number, replication: number): Record<string, string> => ({
  'cleanup.policy': 'delete',
  'retention.ms': String(retentionMs),
  'max.message.bytes': String(RECORD_BYTES_MAX),
  // The broker's own time: a producer whose clock is an hour ahead would be refused otherwise. `ce_time` has the time of the event.
  'message.timestamp.type': 'LogAppendTime',
  'compression.type': 'producer',
  'unclean.leader.election.enable': 'false',
  'min.insync.replicas': replication >= 3 ? '2' : '1',
  'replication.factor': String(replication),
});

/** The topics for these logs (partition = shard, kept for ever as the log is) and the one of attempts (kept 30 days). */
export const topicSpecs = (address: KafkaAddress, logs: readonly LogTopic[]): readonly TopicSpec[] => {
  const prefix = checkedPrefix(address.topicPrefix);
  const replication = address.replication ?? 1;
  return [
    ...logs.map(({ name, shards }) => ({
      name: topicOf(prefix, name),
      partitions: shards,
      config: configOf(-1, replication),
    })),
    { name: attemptsTopic(prefix), partitions: 1, config: configOf(ATTEMPTS_RETENTION_MS, replication) },
  ];
};

const countProblem = (where: string, { name, partitions }: TopicSpec, found: number): string =>
  `the topic ${name} on Kafka at ${where} has ${found} partitions, and ${partitions} are needed, one for each shard of its log; ` +
  'delete the topic (the log is in MySQL and will be published again) or choose another --kafka-topic-prefix';

/**
 * Creates the topics that are missing.
 * @throws TopicRefused when one has another number of partitions; KafkaAway.
 */
export const ensureTopics = async (
  client: KafkaClient,
  address: KafkaAddress,
  specs: readonly TopicSpec[],
): Promise<void> => {
  const count = async (spec: TopicSpec): Promise<boolean> => {
    const found = await client.partitions(spec.name);
    if (found !== undefined && found !== spec.partitions)
      throw new TopicRefused(countProblem(address.brokers.join(', '), spec, found));
    return found !== undefined;
  };
  const missing: TopicSpec[] = [];
  for (const spec of specs) if (!(await count(spec))) missing.push(spec);
  if (missing.length === 0) return;
  await client.createTopics(missing);
  // Another process may have been first, with other ideas.
  for (const spec of missing) await count(spec);
};
