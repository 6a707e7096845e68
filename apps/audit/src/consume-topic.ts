import { incoming, type IncomingRecord } from '@thuban/event-log-cluster';
import { Kafka, logLevel, type Consumer, type EachBatchPayload } from 'kafkajs';

/** A topic and what is done with its records. */
export interface ConsumeOptions {
  readonly brokers: readonly string[];
  /** The consumer group: of this reader and this topic alone, so that it gets every partition. */
  readonly groupId: string;
  readonly topic: string;
  /** Where to go on, by partition; others begin with their oldest record. */
  readonly offsets: ReadonlyMap<number, number>;
  /** Resolves when the records and the offset after them are kept; a rejection ends the reading. */
  readonly onRecords: (partition: number, records: readonly IncomingRecord[]) => Promise<void>;
  /** Told when records begin to come. */
  readonly onJoined: () => void;
  readonly signal: AbortSignal;
}

const SLICE = 500;
const WATCH_EVERY_MS = 1000;
/** Three fetches and a request: without an answer for this long the connection is dead, which kafkajs may never notice. */
const SILENT_MS = 15_000;
const LEAVE_MS = 1000;
const RETRY = { initialRetryTime: 100, maxRetryTime: 2000, retries: 3 };

const newConsumer = (brokers: readonly string[], groupId: string): Consumer =>
  new Kafka({
    brokers: [...brokers],
    clientId: 'thuban-audit',
    connectionTimeout: 5000,
    requestTimeout: 10_000,
    retry: RETRY,
    logLevel: logLevel.NOTHING, // What ends the reading is an error of ours, told once.
  }).consumer({
    groupId,
    sessionTimeout: 30_000,
    heartbeatInterval: 3000,
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    // kafkajs would start it again in a timer that nobody waits for; whoever reads makes a new one instead.
    retry: { ...RETRY, restartOnFailure: async () => false },
  });

const leave = async (consumer: Consumer): Promise<void> => {
  const left = consumer.disconnect().catch(() => undefined);
  await Promise.race([left, new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref())]);
};

/**
 * Reads a topic from these offsets on until `signal` aborts. Nothing is committed to Kafka: offsets are kept by whoever is handed the records.
 * @throws Error when Kafka cannot be reached, fell silent or has no such topic, and what `onRecords` rejected with.
 */
export const consumeTopic = async (options: ConsumeOptions): Promise<void> => {
  const { brokers, groupId, topic, offsets, onRecords, onJoined, signal } = options;
  if (signal.aborted) return;
  const consumer = newConsumer(brokers, groupId);
  let heardMs = performance.now();
  let busy = false;
  let end: (error?: unknown) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error as Error));
  });
  const stop = (): void => end();
  const handle = async (payload: EachBatchPayload): Promise<void> => {
    const { batch, heartbeat, resolveOffset, isRunning, isStale } = payload;
    busy = true;
    try {
      for (let from = 0; from < batch.messages.length; from += SLICE) {
        if (!isRunning() || isStale() || signal.aborted) return;
        const slice = batch.messages.slice(from, from + SLICE);
        await onRecords(batch.partition, slice.map(incoming));
        resolveOffset(slice.at(-1)?.offset ?? batch.lastOffset());
        await heartbeat();
      }
    } catch (error) {
      end(error); // Not to kafkajs, which would hand over the same records again at once.
    } finally {
      busy = false;
      heardMs = performance.now();
    }
  };
  consumer.on(consumer.events.FETCH, () => void (heardMs = performance.now()));
  consumer.on(consumer.events.GROUP_JOIN, onJoined);
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => end(error));
  const watch = setInterval(() => {
    if (!busy && performance.now() - heardMs > SILENT_MS) end(new Error(`Kafka has been silent for ${SILENT_MS} ms`));
  }, WATCH_EVERY_MS);
  signal.addEventListener('abort', stop);
  const start = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: handle });
    for (const [partition, offset] of offsets) consumer.seek({ topic, partition, offset: String(offset) });
  };
  const started = start();
  try {
    await Promise.race([ended, started.then(() => ended)]);
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', stop);
    for (const promise of [ended, started]) promise.catch(() => undefined);
    await leave(consumer);
  }
};
