import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { IncomingRecord } from './kafka-client.js';
import { KafkaAway } from './kafka-errors.js';

/** How a topic is followed. */
export interface FollowOptions {
  /** Records of one partition, in order, at most 500. Must not throw. */
  readonly onRecords: (partition: number, records: readonly IncomingRecord[]) => void;
  /** Told when the consumer has its partitions and records will come. */
  readonly onJoined?: () => void;
  readonly signal: AbortSignal;
  /** Without any answer to a fetch for this long the connection is dead (K5): 3 fetches and a request, 11,500 ms when absent. */
  readonly silentMs?: number;
}

/** Records handled between two heartbeats (K3). */
const SLICE = 500;
const WATCH_EVERY_MS = 500;
/** A farewell to the group may not keep a process that stops. */
const LEAVE_MS = 1000;

/** Headers by name, as text. A header that comes twice counts as its last. */
export const headersOf = ({ headers = {} }: Pick<KafkaMessage, 'headers'>): Record<string, string> => {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last !== undefined) found[name] = last.toString();
  }
  return found;
};

export const incoming = (message: KafkaMessage): IncomingRecord => ({
  offset: Number(message.offset),
  value: message.value,
  headers: headersOf(message),
});

const handle = async (
  { batch, heartbeat, resolveOffset, isRunning, isStale }: EachBatchPayload,
  onRecords: FollowOptions['onRecords'],
): Promise<void> => {
  for (let from = 0; from < batch.messages.length; from += SLICE) {
    if (!isRunning() || isStale()) return;
    const slice = batch.messages.slice(from, from + SLICE);
    onRecords(batch.partition, slice.map(incoming));
    resolveOffset(slice.at(-1)?.offset ?? batch.lastOffset());
    await heartbeat();
  }
};

const leave = async (consumer: Consumer): Promise<void> => {
  const left = consumer.disconnect().catch(() => undefined);
  await Promise.race([left, new Promise((resolve) => setTimeout(resolve, LEAVE_MS).unref())]);
};

/** Consumes all partitions from the end on, without committing anything. @throws KafkaAway when the consumer crashed or fell silent. */
export const follow = async (consumer: Consumer, topic: string, options: FollowOptions): Promise<void> => {
  const { onRecords, onJoined, signal, silentMs = 11_500 } = options;
  if (signal.aborted) return;
  let heardMs = performance.now();
  const heard = (): void => void (heardMs = performance.now());
  consumer.on(consumer.events.FETCH, heard);
  consumer.on(consumer.events.GROUP_JOIN, () => {
    heard();
    onJoined?.();
  });
  let watch: NodeJS.Timeout | undefined;
  let stopWaiting = (): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    stopWaiting = () => resolve();
    signal.addEventListener('abort', stopWaiting);
    consumer.on(consumer.events.CRASH, ({ payload: { error } }) =>
      reject(new KafkaAway(`the consumer of ${topic} stopped: ${error.message}`, { cause: error })),
    );
    watch = setInterval(() => {
      if (performance.now() - heardMs > silentMs)
        reject(new KafkaAway(`the consumer of ${topic} has not heard from Kafka for ${silentMs} ms`));
    }, WATCH_EVERY_MS);
  });
  const start = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: false });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => handle(payload, onRecords),
    });
  };
  const started = start();
  try {
    // `started` resolves while the consumer goes on; only its failure counts.
    await Promise.race([ended, started.then(() => ended)]);
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', stopWaiting);
    for (const promise of [ended, started]) promise.catch(() => undefined);
    await leave(consumer);
  }
};
