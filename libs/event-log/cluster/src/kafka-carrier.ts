import { randomUUID } from 'node:crypto';
import type { Clock, Observe } from '@thuban/event-sourcing';
import { createAttemptsPublisher, type AttemptsPublisher } from './attempts.js';
import type { Relay } from './cluster-store.js';
import { createKafkaClient, type KafkaAddress, type KafkaClient } from './kafka-client.js';
import { followTopic, type DropReason } from './kafka-subscriber.js';
import type { MysqlLog } from './mysql-log.js';
import { startRelay } from './relay.js';
import { attemptsTopic, ensureTopics, topicOf, topicSpecs, TopicRefused, type LogTopic } from './topics.js';

/** Plain numbers since the start. */
export interface CarrierMetrics {
  /** Events sent to Kafka by the relays of this process. */
  readonly published: number;
  /** Records that were left out, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Times that the topics began to bring events; more than one for each topic: connections were made again. */
  readonly joins: number;
}

/** How Kafka carries the logs of a store. Nothing here is needed for a log to be right, or to converge. */
export interface KafkaCarrier {
  /**
   * Creates the topics of these logs, and the one of attempts. While Kafka does not answer it waits, ten seconds at most, and then goes on: whoever
   * needs a topic later creates it. @throws TopicRefused for another partition count.
   */
  ensureTopics(logs: readonly LogTopic[]): Promise<void>;
  /** Reads the log's topic from now on into its feed, until `signal` aborts. Never rejects. */
  followTopic(from: Pick<MysqlLog, 'log' | 'feed'>, signal: AbortSignal, observe?: Observe): Promise<void>;
  /** Publishes the log while the lease is held. */
  startRelay(
    from: Pick<MysqlLog, 'log' | 'setPollMs'>,
    options: {
      readonly lease: () => Promise<boolean>;
      readonly signal: AbortSignal;
      readonly observe?: Observe | undefined;
    },
  ): Relay;
  /** For the edges of a process called `service`. */
  publishAttempts(service: string): AttemptsPublisher;
  metrics(): CarrierMetrics;
  /** Drops all connections. */
  close(): void;
}

const START_WAIT_MS = 10_000;
const TRY_EVERY_MS = 1000;

/** @example const carrier = createKafkaCarrier({ brokers: ['127.0.0.1:9092'], topicPrefix: 'thuban', clientId: 'registry' }, { clock, onProblem }); */
export const createKafkaCarrier = (
  address: KafkaAddress,
  { clock, onProblem }: { readonly clock: Clock; readonly onProblem: (what: string, error: unknown) => void },
): KafkaCarrier => {
  const clients = new Set<KafkaClient>();
  const dropped: Record<DropReason, number> = { foreign: 0, unknown: 0, malformed: 0, forged: 0 };
  let [published, joins, closed] = [0, 0, false];
  const where = address.brokers.join(', ');

  // kafkajs complains at every try; what it says is of use where nothing else is told.
  let lastLine = '';
  const connect = (): KafkaClient => {
    const client = createKafkaClient(address, (line) => (lastLine = line));
    clients.add(client);
    if (closed) client.destroy();
    return {
      ...client,
      destroy: () => {
        clients.delete(client);
        client.destroy();
      },
    };
  };
  const topics = (logs: readonly LogTopic[]) => (client: KafkaClient) =>
    ensureTopics(client, address, topicSpecs(address, logs));

  const ensure = async (logs: readonly LogTopic[]): Promise<void> => {
    topicSpecs(address, logs);
    const startedMs = clock.monotonic();
    for (;;) {
      const client = connect();
      try {
        return await topics(logs)(client);
      } catch (error) {
        if (error instanceof TopicRefused) throw error;
        const waitedMs = clock.monotonic() - startedMs;
        const cause = new Error(`${(error as Error).message}${lastLine && `; last heard: ${lastLine}`}`, {
          cause: error,
        });
        if (waitedMs >= START_WAIT_MS || closed)
          return onProblem(
            `Kafka at ${where} does not answer; starting without it: events travel by the table until it does`,
            cause,
          );
        onProblem(`waiting for Kafka at ${where} (${Math.round(waitedMs / 1000)} s of ${START_WAIT_MS / 1000})`, cause);
      } finally {
        client.destroy();
      }
      await clock.after(TRY_EVERY_MS);
    }
  };

  return {
    ensureTopics: ensure,
    followTopic: ({ log, feed }, signal, observe) =>
      followTopic({
        ...{ log, feed, connect, clock, signal, onProblem, observe },
        topic: topicOf(address.topicPrefix, log.name),
        ensureTopics: topics([log]),
        onDropped: (reason) => dropped[reason]++,
        onJoined: () => joins++,
      }),
    startRelay: ({ log, setPollMs }, { lease, signal, observe }) =>
      startRelay({
        ...{ log, setPollMs, connect, lease, clock, signal, onProblem, observe },
        topic: topicOf(address.topicPrefix, log.name),
        ensureTopics: topics([log]),
        onPublished: (count) => (published += count),
      }),
    publishAttempts: (service) =>
      createAttemptsPublisher({
        ...{ connect, clock, onProblem, service },
        topic: attemptsTopic(address.topicPrefix),
        ensureTopics: topics([]),
        startId: randomUUID(),
      }),
    metrics: () => ({ published, dropped: { ...dropped }, joins }),
    close: () => {
      closed = true;
      for (const client of clients) client.destroy();
    },
  };
};
