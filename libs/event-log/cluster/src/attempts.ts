import type { Clock } from '@thuban/event-sourcing';
import type { Attempt } from '@thuban/events';
import type { KafkaClient, OutgoingRecord } from './kafka-client.js';
import { troubleFor } from './kafka-trouble.js';

/** Publishes commands that were refused or failed, as far as Kafka takes them: they are no part of the log, and nobody waits for them. */
export interface AttemptsPublisher {
  /** Queues an attempt. Never throws and never waits. */
  publish(attempt: Attempt): void;
  metrics(): { readonly published: number; readonly dropped: number; readonly waiting: number };
  /** Sends what waits, within two seconds. */
  close(): Promise<void>;
}

export interface AttemptsOptions {
  readonly topic: string;
  readonly connect: () => KafkaClient;
  readonly ensureTopics: (client: KafkaClient) => Promise<void>;
  /** Which process this is, for `ce_source`. */
  readonly service: string;
  /** A random id of this start of the process, for `ce_id`. */
  readonly startId: string;
  readonly clock: Clock;
  readonly onProblem: (what: string, error: unknown) => void;
}

/** What waits while Kafka is away; more is dropped and counted. */
export const ATTEMPTS_WAITING_MAX = 5000;
const SEND_MAX = 500;
const PAUSE_MS = 1000;
const CLOSE_MS = 2000;

const toRecord = ({ service, startId }: AttemptsOptions, attempt: Attempt, number: number): OutgoingRecord => ({
  partition: 0,
  key: attempt.actor,
  value: JSON.stringify(attempt),
  headers: {
    ce_specversion: '1.0',
    ce_id: `${startId}/${number}`,
    ce_source: `/thuban/${service}`,
    ce_type: 'dev.thuban.Attempt.v1',
    ce_time: attempt.time,
    ce_subject: attempt.action,
    'content-type': 'application/json',
    actor: attempt.actor,
    ...(attempt.traceparent !== undefined && { traceparent: attempt.traceparent }),
  },
});

/** @example attempts.publish({ time, actor: 'http:10.0.0.1', requestId, action: 'DeleteService', outcome: 'denied', reason: 'PERMISSION_DENIED' }); */
export const createAttemptsPublisher = (options: AttemptsOptions): AttemptsPublisher => {
  const { topic, connect, ensureTopics, clock, onProblem } = options;
  const closing = new AbortController();
  const trouble = troubleFor(
    `denied and failed commands cannot be published to ${topic} now; ${ATTEMPTS_WAITING_MAX} wait, more are dropped`,
    onProblem,
    () => clock.monotonic(),
  );
  let waiting: OutgoingRecord[] = [];
  let client: KafkaClient | undefined;
  let sending: Promise<void> | undefined;
  let [number, published, dropped] = [0, 0, 0];

  const sendSome = async (): Promise<void> => {
    if (!client) await ensureTopics((client = connect()));
    const records = waiting.slice(0, SEND_MAX);
    await client.send(topic, records);
    waiting = waiting.slice(records.length);
    published += records.length;
    trouble.over();
  };
  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      trouble.trying();
      try {
        await sendSome();
      } catch (error) {
        trouble.report(error);
        client?.destroy();
        client = undefined;
        if (closing.signal.aborted) return;
        await clock.after(PAUSE_MS, closing.signal);
      }
    }
  };
  const wake = (): Promise<void> => (sending ??= sendAll().finally(() => (sending = undefined)));

  return {
    publish: (attempt) => {
      if (waiting.length >= ATTEMPTS_WAITING_MAX || closing.signal.aborted) return void dropped++;
      waiting.push(toRecord(options, attempt, ++number));
      void wake();
    },
    metrics: () => ({ published, dropped, waiting: waiting.length }),
    close: async () => {
      closing.abort();
      await Promise.race([wake(), clock.after(CLOSE_MS)]);
      dropped += waiting.length;
      waiting = [];
      client?.destroy();
    },
  };
};
