import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { Kafka, logLevel, type Admin, type Consumer, type Producer } from 'kafkajs';
import { errorTypeOf, isUnknownTopic, KafkaAway, RecordTooLarge } from './kafka-errors.js';
import { follow, type FollowOptions } from './kafka-follow.js';
import { readRecords } from './kafka-tails.js';

/** Where Kafka is and how its topics are called. */
export interface KafkaAddress {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** Topics are called `<prefix>.<log>.v1`. */
  readonly topicPrefix: string;
  readonly clientId: string;
  /** Copies of each topic that is created; 1 when absent. */
  readonly replication?: number;
  /** Where to connect for a broker that says it is at `host:port`; there itself when absent. For links that are not what brokers know of. */
  readonly route?: (host: string, port: number) => { readonly host: string; readonly port: number };
}

/** A record to send, with its partition chosen. */
export interface OutgoingRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record as it was found. Nothing about it is trusted. */
export interface IncomingRecord {
  readonly offset: number;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A topic to create. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

/** First and next offset of a partition: equal when it holds nothing. */
export interface OffsetRange {
  readonly low: number;
  readonly high: number;
}

/**
 * Connections to Kafka, made when they are first needed and given up together: whoever meets an error destroys the client and makes
 * another, because kafkajs may wait for ever on a connection that is silently dead (K5). Everything rejects with KafkaAway unless it says otherwise.
 */
export interface KafkaClient {
  /** How many partitions a topic has; undefined when there is no such topic. */
  partitions(topic: string): Promise<number | undefined>;
  /** Creates topics; one that exists already is left as it is. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** By partition number. */
  offsets(topic: string): Promise<readonly OffsetRange[]>;
  /** What is between these offsets, by partition: `low` included, `high` not. */
  records(
    topic: string,
    ranges: ReadonlyMap<number, OffsetRange>,
  ): Promise<ReadonlyMap<number, readonly IncomingRecord[]>>;
  /**
   * Sends all records and resolves when every in-sync replica has them, with the first offset of each partition. Call it again only then (K1).
   * @throws RecordTooLarge when a partition's part is more than Kafka takes.
   */
  send(topic: string, records: readonly OutgoingRecord[]): Promise<ReadonlyMap<number, number>>;
  /** Hands over what comes from now on in all partitions. Ends only with the signal (resolves), or with an error. */
  follow(topic: string, options: FollowOptions): Promise<void>;
  /** Drops all connections at once; what waits rejects. */
  destroy(): void;
}

const CONNECT_MS = 5000;
/** kafkajs gives up a request after this long. */
export const REQUEST_MS = 10_000;
/** What we allow an operation of several requests before the connection is taken for dead. */
const OPERATION_MS = REQUEST_MS + 1000;
const READ_MS = 3 * REQUEST_MS;

const within = async <R>(work: Promise<R>, gone: Promise<never>, ms: number, what: string): Promise<R> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KafkaAway(`${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, gone, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
};

/** Sockets that can be dropped: kafkajs itself waits for a peer that does not answer. */
const socketsOf = (route: KafkaAddress['route']) => {
  const sockets = new Set<Socket>();
  let closed = false;
  return {
    create: ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }): Socket => {
      if (closed) throw new Error('the client was given up');
      const socket = connect(
        { ...(route?.(host, port) ?? { host, port }), noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 },
        onConnect,
      );
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    destroyAll: (): void => {
      closed = true;
      // The error is what kafkajs listens for; a bare destroy() it would not notice.
      for (const socket of sockets) socket.destroy(new Error('the client was given up'));
    },
  };
};

const RETRY = { initialRetryTime: 100, maxRetryTime: 2000, retries: 3 };

/**
 * The safe part of kafkajs 2.2.4 and nothing else: not idempotent (K1), no transactions (K2), `acks: -1`, one request in flight, no topics
 * created by accident, short retries below the loops of the callers. On Node 24 every connection of it warns
 * `TimeoutNegativeWarning` (K8): harmless, it asks for a timer with the delay -1.
 * @param onLog told of each complaint of kafkajs; there are many while a broker is away.
 * @example const client = createKafkaClient({ brokers: ['127.0.0.1:9092'], topicPrefix: 'thuban', clientId: 'registry' }, () => undefined);
 */
export const createKafkaClient = (
  { brokers, clientId, route }: KafkaAddress,
  onLog: (line: string) => void = () => undefined,
): KafkaClient => {
  const sockets = socketsOf(route);
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    retry: RETRY,
    socketFactory: sockets.create,
    logLevel: logLevel.ERROR,
    logCreator:
      () =>
      ({ namespace, log }) =>
        onLog(`${namespace}: ${log.message}${typeof log['error'] === 'string' ? ` (${log['error']})` : ''}`),
  });
  let admin: Promise<Admin> | undefined;
  let producer: Promise<Producer> | undefined;
  let closed = false;
  let giveUp: (error: Error) => void = () => undefined;
  const gone = new Promise<never>((_, reject) => (giveUp = reject));
  gone.catch(() => undefined);

  const where = brokers.join(', ');
  const asking = async <R>(what: string, ms: number, ask: () => Promise<R>): Promise<R> => {
    if (closed) throw new KafkaAway('the client was given up');
    try {
      return await within(ask(), gone, ms, what);
    } catch (error) {
      if (error instanceof KafkaAway || error instanceof RecordTooLarge) throw error;
      if (errorTypeOf(error) === 'MESSAGE_TOO_LARGE') throw new RecordTooLarge(what, { cause: error });
      throw new KafkaAway(`Kafka at ${where}: ${what} failed: ${(error as Error).message}`, { cause: error });
    }
  };

  const connectAdmin = async (): Promise<Admin> => {
    const created = kafka.admin();
    await created.connect();
    return created;
  };
  const connectProducer = async (): Promise<Producer> => {
    const created = kafka.producer({
      idempotent: false,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
      retry: RETRY,
    });
    await created.connect();
    return created;
  };
  const newConsumer = (purpose: string): Consumer =>
    kafka.consumer({
      // Of this client alone, so that it gets all partitions; an empty group without offsets is forgotten by the broker.
      groupId: `${clientId}-${purpose}-${randomUUID()}`,
      sessionTimeout: 30_000,
      heartbeatInterval: 3000,
      maxWaitTimeInMs: 500,
      maxBytes: 4 * 1024 * 1024,
      allowAutoTopicCreation: false,
      // kafkajs would start it again in a timer that nobody waits for (K6); whoever has the client makes a new one instead.
      retry: { ...RETRY, restartOnFailure: async () => false },
    });

  return {
    partitions: (topic) =>
      asking(`asking for the topic ${topic}`, OPERATION_MS, async () => {
        try {
          const { topics } = await (await (admin ??= connectAdmin())).fetchTopicMetadata({ topics: [topic] });
          return topics[0]?.partitions.length;
        } catch (error) {
          if (isUnknownTopic(error)) return undefined;
          throw error;
        }
      }),
    createTopics: (topics) =>
      asking(`creating ${topics.map(({ name }) => name).join(', ')}`, READ_MS, async () => {
        const { createTopics } = await (admin ??= connectAdmin());
        await createTopics({
          waitForLeaders: true,
          topics: topics.map(({ name, partitions, config }) => ({
            topic: name,
            numPartitions: partitions,
            replicationFactor: Number(config['replication.factor'] ?? 1),
            configEntries: Object.entries(config)
              .filter(([key]) => key !== 'replication.factor')
              .map(([key, value]) => ({ name: key, value })),
          })),
        });
      }),
    offsets: (topic) =>
      asking(`asking for the offsets of ${topic}`, OPERATION_MS, async () => {
        const found: OffsetRange[] = [];
        const partitions = await (await (admin ??= connectAdmin())).fetchTopicOffsets(topic);
        for (const { partition, low, high } of partitions) found[partition] = { low: Number(low), high: Number(high) };
        return found;
      }),
    records: (topic, ranges) =>
      asking(`reading records of ${topic}`, READ_MS, () => readRecords(newConsumer('reads'), topic, ranges)),
    send: (topic, records) =>
      asking(`sending ${records.length} records to ${topic}`, OPERATION_MS, async () => {
        const { sendBatch } = await (producer ??= connectProducer());
        const answers = await sendBatch({
          acks: -1,
          timeout: REQUEST_MS,
          topicMessages: [{ topic, messages: [...records] }],
        });
        return new Map(answers.map(({ partition, baseOffset }) => [partition, Number(baseOffset)]));
      }),
    follow: async (topic, options) => {
      if (closed) throw new KafkaAway('the client was given up');
      await Promise.race([follow(newConsumer('follows'), topic, options), gone]);
    },
    destroy: () => {
      closed = true;
      giveUp(new KafkaAway('the client was given up'));
      for (const used of [admin, producer]) used?.then((each) => each.disconnect()).catch(() => undefined);
      sockets.destroyAll();
    },
  };
};
