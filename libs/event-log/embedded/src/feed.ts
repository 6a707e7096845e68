import { setImmediate as afterPoll } from 'node:timers/promises';
import type { Recorded } from '@thuban/event-sourcing';

/** Where a feed reads what its subscribers have missed. */
export interface FeedSource {
  /** Up to `max` events after the seqs given, of all shards, in order per shard; at least one unless there are none. */
  readAfter(seqs: readonly number[], max: number): readonly Recorded[];
  /** True when there is nothing after these seqs. */
  isAtTips(seqs: readonly number[]): boolean;
}

/** Hands committed events to the subscribers of this process. */
export interface Feed {
  /** Events that were just committed, in order per shard. `bytes` is about the size of their text. */
  publish(events: readonly Recorded[], bytes: number): void;
  /** The table holds more than was published: everybody reads it again from where they stand. */
  reread(): void;
  /** Everything after `fromSeqs`, until `signal` aborts or the feed closes. `check` runs first and may throw. */
  subscribe(fromSeqs: readonly number[], signal: AbortSignal, check: () => void): AsyncIterable<readonly Recorded[]>;
  close(): void;
}

/** What is kept for a busy subscriber. It shares the events with whoever folds them, so this is little memory. */
const KEPT_EVENTS_MAX = 20_000;
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** What is read from the table at a time. */
const READ_EVENTS_MAX = 1000;

type Result = IteratorResult<readonly Recorded[], undefined>;
interface Subscriber {
  offer(events: readonly Recorded[], bytes: number): void;
  reread(): void;
  end(): void;
}

/**
 * A subscriber that waits is handed the very batch that was appended, in the same turn. One that is busy finds all
 * that came meanwhile in its next batch, up to 20,000 events (16 MiB); with more than that it is behind: what was kept is dropped and it reads
 * the table, 1000 events at a time, until it has caught up.
 */
export const createFeed = (source: FeedSource): Feed => {
  const subscribers = new Set<Subscriber>();
  let closed = false;

  const iterate = (
    fromSeqs: readonly number[],
    signal: AbortSignal,
    check: () => void,
  ): AsyncIterator<readonly Recorded[], undefined> => {
    const seqs = [...fromSeqs];
    let kept: (readonly Recorded[])[] = [];
    let keptEvents = 0;
    let keptBytes = 0;
    let state: 'new' | 'behind' | 'live' | 'ended' = 'new';
    let waiting: ((result: Result | Promise<Result>) => void) | undefined;

    const clear = (): void => {
      kept = [];
      keptEvents = keptBytes = 0;
    };
    const deliver = (events: readonly Recorded[]): Result => {
      for (const { shard, seq } of events) seqs[shard] = seq;
      return { done: false, value: events };
    };
    const wake = (result: () => Result | Promise<Result>): void => {
      const resolve = waiting;
      waiting = undefined;
      resolve?.(result());
    };
    const end = (): void => {
      state = 'ended';
      clear();
      subscribers.delete(subscriber);
      signal.removeEventListener('abort', end);
      wake(() => ({ done: true, value: undefined }));
    };
    const subscriber: Subscriber = {
      offer: (events, bytes) => {
        if (waiting) return wake(() => deliver(events));
        if (state !== 'live') return;
        keptEvents += events.length;
        keptBytes += bytes;
        kept.push(events);
        if (keptEvents <= KEPT_EVENTS_MAX && keptBytes <= KEPT_BYTES_MAX) return;
        state = 'behind';
        clear();
      },
      reread: () => {
        if (state === 'live') state = 'behind';
        clear();
        wake(next);
      },
      end,
    };

    const readMissed = (): readonly Recorded[] => {
      try {
        return source.readAfter(seqs, READ_EVENTS_MAX);
      } catch (error) {
        end();
        throw error;
      }
    };
    const start = (): void => {
      if (closed || signal.aborted) return end();
      check();
      state = 'behind';
      subscribers.add(subscriber);
      signal.addEventListener('abort', end);
    };

    const next = async (): Promise<Result> => {
      if (state === 'new') start();
      else if (state === 'behind') await afterPoll(); // So that catching up leaves the process responsive.
      if (state === 'behind') {
        const missed = readMissed();
        const result = deliver(missed);
        if (source.isAtTips(seqs)) state = 'live';
        if (missed.length > 0) return result;
      }
      if (state === 'ended') return { done: true, value: undefined };
      if (kept.length > 0) {
        const events = kept.length === 1 ? (kept[0] ?? []) : kept.flat();
        clear();
        return deliver(events);
      }
      return new Promise<Result>((resolve) => (waiting = resolve));
    };
    return {
      next,
      return: () => {
        end();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  };

  return {
    publish: (events, bytes) => {
      for (const subscriber of subscribers) subscriber.offer(events, bytes);
    },
    reread: () => {
      for (const subscriber of subscribers) subscriber.reread();
    },
    subscribe: (fromSeqs, signal, check) => ({ [Symbol.asyncIterator]: () => iterate(fromSeqs, signal, check) }),
    close: () => {
      closed = true;
      for (const subscriber of subscribers) subscriber.end();
    },
  };
};
