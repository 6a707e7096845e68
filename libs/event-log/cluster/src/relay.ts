import { observed, type Clock, type EventLog, type Observe } from '@thuban/event-sourcing';
import type { Relay } from './cluster-store.js';
import type { KafkaClient } from './kafka-client.js';
import { RecordTooLarge } from './kafka-errors.js';
import { troubleFor } from './kafka-trouble.js';
import { reconcile } from './relay-position.js';
import { slicesOf, type Slice } from './relay-slices.js';

/** What a relay needs. */
export interface RelayOptions {
  readonly log: EventLog;
  readonly topic: string;
  /** Connections to Kafka of the relay's own; it destroys them after every error and asks for new ones. */
  readonly connect: () => KafkaClient;
  /** Makes the topics that are missing. */
  readonly ensureTopics: (client: KafkaClient) => Promise<void>;
  /** Acquires or renews; asked every second while the relay runs. It only spares work: two relays at once publish duplicates. */
  readonly lease: () => Promise<boolean>;
  /** How often the log's table is polled for what other processes commit; `undefined` for the usual. */
  readonly setPollMs: (pollMs: number | undefined) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProblem: (what: string, error: unknown) => void;
  readonly onPublished?: (count: number) => void;
  /** Observes each send. */
  readonly observe?: Observe | undefined;
}

/** While the relay is active the table is polled this often, so that Kafka has others' commits too within 20 ms. */
const ACTIVE_POLL_MS = 20;
const LEASE_EVERY_MS = 1000;
/** So that an idle relay notices, too, that Kafka has lost what it had. */
const CHECK_EVERY_MS = 5000;
const PAUSE_MS = 100;
const PAUSE_MS_MAX = 2000;
/** What a send in flight may take when the relay stops. */
const LAST_SEND_MS = 1000;

/**
 * A lonely change goes out at once; in a burst a send takes what came in this time. A send costs the broker, and every process that follows, by
 * partition rather than by event.
 */
const SEND_EVERY_MS = 40;

/** A partition ends, or ended, before where our own records have left it. */
class TailLost extends Error {
  override readonly name = 'TailLost';
  constructor(partition: number, from: number) {
    super(`Kafka has lost the end of partition ${partition}, from offset ${from} on`);
  }
}

/**
 * Publishes a log in seq order, one send over all shards in flight, each event at least once. It starts where the partitions end, and looks
 * there again after every error: so it needs no position of its own, and a Kafka that lost its tail or everything is filled again from the log.
 */
export const startRelay = (options: RelayOptions): Relay => {
  const { log, topic, connect, ensureTopics, lease, setPollMs, clock, signal, onProblem, onPublished } = options;
  const published = new Array<number>(log.shards).fill(0);
  const trouble = troubleFor(
    `the log "${log.name}" is not published to Kafka now, so that other processes read it from the table; trying again`,
    onProblem,
    () => clock.monotonic(),
  );
  let active = false;
  /** Another relay is or was at work. It may have sent behind a loss and died of it, which only a look at the records shows. */
  let othersSend = false;
  let pauseMs = PAUSE_MS;

  /** Moves the expected ends. @throws TailLost when records were given offsets that others of ours had before. */
  const moveEnds = (next: number[], { records }: Slice, bases: ReadonlyMap<number, number>): void => {
    const counts = new Map<number, number>();
    for (const { partition } of records) counts.set(partition, (counts.get(partition) ?? 0) + 1);
    let lost: TailLost | undefined;
    for (const [partition, base] of bases) {
      if (base < (next[partition] ?? 0)) lost = new TailLost(partition, base);
      if (base > (next[partition] ?? 0)) othersSend = true;
      next[partition] = base + (counts.get(partition) ?? 0);
    }
    if (lost) throw lost;
  };

  /** What is too large for the topic is left out, and whoever misses it reads the table. */
  const send = async (client: KafkaClient, next: number[], slice: Slice): Promise<void> => {
    const { events, records } = slice;
    try {
      const sent = observed(
        options.observe,
        () => events,
        () => client.send(topic, records),
      );
      moveEnds(next, slice, await sent);
    } catch (error) {
      if (!(error instanceof RecordTooLarge)) throw error;
      const [event] = events;
      if (events.length > 1) {
        for (const each of events) for (const single of slicesOf(log, [each])) await send(client, next, single);
        return;
      }
      onProblem(
        `event ${event?.seq} of shard ${event?.shard} of the log "${log.name}" is larger than the topic ${topic} takes and is not published; raise max.message.bytes of the topic`,
        error,
      );
    }
    for (const { shard, seq } of events) published[shard] = seq;
    onPublished?.(events.length);
  };

  /** Rejects when Kafka has less than we sent or does not answer, resolves when the lease is lost or positions are to be looked at again. */
  const watch = async (client: KafkaClient, next: readonly number[], stop: AbortSignal): Promise<void> => {
    let checkedMs = clock.monotonic();
    for (;;) {
      await clock.after(LEASE_EVERY_MS, stop);
      if (stop.aborted) return;
      // The store that keeps the lease may be away: then nobody else gets it either.
      if (!(await lease().catch(() => true))) return;
      if (clock.monotonic() - checkedMs < CHECK_EVERY_MS) continue;
      checkedMs = clock.monotonic();
      if (othersSend) return;
      const expected = [...next];
      const ranges = await client.offsets(topic);
      for (const [partition, end] of expected.entries())
        if ((ranges[partition]?.high ?? 0) < end) throw new TailLost(partition, ranges[partition]?.high ?? 0);
    }
  };

  const publish = async (client: KafkaClient, stop: AbortController): Promise<void> => {
    await ensureTopics(client);
    othersSend = false;
    const { tips, next } = await reconcile(client, topic, log, onProblem);
    for (const [shard, { seq }] of tips.entries()) published[shard] = seq;
    trouble.over();
    pauseMs = PAUSE_MS;
    const sending = async (): Promise<void> => {
      for await (const events of log.subscribe({ logId: log.id, tips }, stop.signal)) {
        const startedMs = clock.monotonic();
        for (const slice of slicesOf(log, events)) await send(client, next, slice);
        const restMs = startedMs + SEND_EVERY_MS - clock.monotonic();
        if (restMs > 0) await clock.after(restMs, stop.signal);
      }
    };
    const both = [sending(), watch(client, next, stop.signal)];
    try {
      await Promise.race(both);
    } finally {
      stop.abort();
      const settled = Promise.allSettled(both);
      await Promise.race([settled, clock.after(LAST_SEND_MS)]);
    }
  };

  const publishWhileHeld = async (): Promise<void> => {
    const client = connect();
    const stop = new AbortController();
    const abort = (): void => stop.abort();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      await publish(client, stop);
    } finally {
      signal.removeEventListener('abort', abort);
      client.destroy();
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      if (!(await lease().catch(() => false))) {
        await clock.after(LEASE_EVERY_MS, signal);
        continue;
      }
      active = true;
      setPollMs(ACTIVE_POLL_MS);
      trouble.trying();
      try {
        await publishWhileHeld();
      } catch (error) {
        if (!signal.aborted) trouble.report(error);
      }
      active = false;
      setPollMs(undefined);
      if (signal.aborted) return;
      await clock.after(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    }
  };

  return { ended: run(), published: () => [...published], active: () => active };
};
