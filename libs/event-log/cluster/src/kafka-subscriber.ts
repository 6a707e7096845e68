import { chainHash, type Clock, type Feed, type Observe, type Recorded, type Tip } from '@thuban/event-sourcing';
import type { IncomingRecord, KafkaClient } from './kafka-client.js';
import { watchPartitions } from './kafka-stuck.js';
import { troubleFor } from './kafka-trouble.js';
import { parseRecord, type LogIdentity, type RecordProblem } from './records.js';

/** Why a record was dropped: `forged` is not what the hash chain says. */
export type DropReason = RecordProblem | 'forged';

/** What following a topic needs. */
export interface FollowTopicOptions {
  readonly log: LogIdentity;
  readonly feed: Pick<Feed, 'publish'>;
  readonly topic: string;
  /** Connections to Kafka of its own; it destroys them after every error and asks for new ones. */
  readonly connect: () => KafkaClient;
  /** Makes the topics that are missing. */
  readonly ensureTopics: (client: KafkaClient) => Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProblem: (what: string, error: unknown) => void;
  readonly onDropped?: (reason: DropReason) => void;
  /** Told each time that records begin to come. */
  readonly onJoined?: () => void;
  /** Observes what is handed to the feed. */
  readonly observe?: Observe | undefined;
}

const PAUSE_MS = 200;
const PAUSE_MS_MAX = 5000;

const ADVICE: Readonly<Record<DropReason, string>> = {
  foreign: 'another store publishes under the same topic prefix; give one of them another --kafka-topic-prefix',
  unknown: 'a newer release writes the log; upgrade this process',
  malformed: 'something that is no relay writes to the topic; find it, and let only the relays write',
  forged: 'something that is no relay writes to the topic; find it, and let only the relays write',
};

/**
 * Turns records into events, or drops them: what is dropped leaves a gap, which the subscribers read from the table. So nothing that
 * somebody wrote to a topic can stop a process, nor be believed against the hash chain.
 */
export const recordReader = ({
  log,
  topic,
  onProblem,
  onDropped,
}: Pick<FollowTopicOptions, 'log' | 'topic' | 'onProblem' | 'onDropped'>) => {
  const last = new Map<number, Tip>();
  const told = new Set<DropReason>();

  const drop = (reason: DropReason, place: string, why: string): void => {
    onDropped?.(reason);
    if (told.has(reason)) return;
    told.add(reason);
    onProblem(
      `records of the topic ${topic} are left out, and read from the table instead (told once, then counted as "${reason}"): ${ADVICE[reason]}`,
      new Error(`${place}: ${why}`),
    );
  };

  const isChained = (event: Recorded, body: string): boolean => {
    const previous = last.get(event.shard);
    return (
      previous?.seq !== event.seq - 1 || chainHash(previous.hash, { ...event, log: log.name, body }) === event.hash
    );
  };

  return (partition: number, records: readonly IncomingRecord[]): { events: Recorded[]; bytes: number } => {
    const events: Recorded[] = [];
    let bytes = 0;
    for (const record of records) {
      const parsed = parseRecord(log, partition, record);
      const place = `partition ${partition}, offset ${record.offset}`;
      if ('problem' in parsed) drop(parsed.problem, place, parsed.why);
      else if (!isChained(parsed.event, parsed.body)) {
        drop('forged', place, `event ${parsed.event.seq} does not follow from the event before it`);
        last.delete(partition);
      } else {
        events.push(parsed.event);
        bytes += parsed.body.length;
        last.set(partition, parsed.event);
      }
    }
    return { events, bytes };
  };
};

/**
 * Publishes what a log's topic brings into the log's feed, from now on, until the signal aborts. Never rejects: while Kafka is away
 * or the connection is dead it goes on trying with new connections, and the feed's poll of the table brings the events.
 */
export const followTopic = async (options: FollowTopicOptions): Promise<void> => {
  const { log, feed, topic, connect, ensureTopics, clock, signal, onProblem, onJoined } = options;
  const read = recordReader(options);
  const trouble = troubleFor(
    `the topic ${topic} cannot be read now, so that the log "${log.name}" is read from the table; trying again`,
    onProblem,
    () => clock.monotonic(),
  );
  let pauseMs = PAUSE_MS;
  const follow = async (client: KafkaClient): Promise<void> => {
    await ensureTopics(client);
    const next = new Map<number, number>();
    const stop = new AbortController();
    const following = client.follow(topic, {
      signal,
      onRecords: (partition, records) => {
        next.set(partition, (records.at(-1)?.offset ?? 0) + 1);
        const { events, bytes } = read(partition, records);
        if (events.length === 0) return;
        const ended = options.observe?.(events);
        feed.publish(events, bytes);
        ended?.();
      },
      onJoined: () => {
        trouble.over();
        pauseMs = PAUSE_MS;
        onJoined?.();
      },
    });
    const watching = watchPartitions(client, topic, next, { clock, signal: stop.signal });
    try {
      await Promise.race([following, watching]);
    } finally {
      stop.abort();
      for (const each of [following, watching]) each.catch(() => undefined);
    }
  };
  while (!signal.aborted) {
    const client = connect();
    trouble.trying();
    try {
      await follow(client);
    } catch (error) {
      if (!signal.aborted) trouble.report(error);
    } finally {
      client.destroy();
    }
    if (signal.aborted) return;
    await clock.after(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
};
