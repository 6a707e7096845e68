import type { Tip } from './ports.js';
import type { Recorded } from './recorded.js';

/** Where a feed reads what its subscribers have missed, and what it needs from its surroundings. */
export interface FeedSource {
  readonly shards: number;
  /**
   * Up to `max` events after these seqs, of all shards, without gaps per shard; at least one unless there are none. A store that
   * answers at once gives the events, not a promise: then a subscriber stands at its place in the same turn.
   */
  readAfter(seqs: readonly number[], max: number): readonly Recorded[] | Promise<readonly Recorded[]>;
  /** Resolves after the next poll of the sockets (`setImmediate`), so that catching up leaves the process responsive. */
  afterPoll(): Promise<void>;
  /** Told how many events were missing before one that was published. */
  readonly onGap?: (count: number) => void;
  /** A planted bug, for the tests of the tests: subscribers go on behind a gap. */
  readonly skipGaps?: boolean;
}

/**
 * Hands committed events to the subscribers of this process. Each of them applies the event that follows its last one in the shard,
 * skips older ones, and reads the source when one is missing: so what is published may be late, repeated or lost (INV-3).
 */
export interface Feed {
  /** Events that are committed, in order per shard: own appends, or what others publish. `bytes` is about the size of their text. */
  publish(events: readonly Recorded[], bytes: number): void;
  /** The source holds events up to these tips: whoever has not got them reads it. By shard number. */
  noticed(tips: readonly Pick<Tip, 'seq'>[]): void;
  /** The newest seq per shard that was published or noticed. */
  seqs(): readonly number[];
  /** How many subscriptions have begun and not ended. */
  subscribers(): number;
  /** Everything after `fromSeqs`, until `signal` aborts or the feed closes. `check` runs first and may throw. */
  subscribe(
    fromSeqs: readonly number[],
    signal: AbortSignal,
    check: () => void | Promise<void>,
  ): AsyncIterable<readonly Recorded[]>;
  /** Ends all subscriptions, also those that begin later. */
  close(): void;
}

/** What is kept for a busy subscriber. It shares the events with whoever folds them, so this is little memory. */
const KEPT_EVENTS_MAX = 20_000;
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** What is read from the source at a time. */
const READ_EVENTS_MAX = 1000;

type Result = IteratorResult<readonly Recorded[], undefined>;
const ENDED: Result = { done: true, value: undefined };

interface Subscriber {
  offer(events: readonly Recorded[], bytes: number): void;
  /** Reads the source when it waits and something is missing. */
  wakeWhenBehind(): void;
  end(): void;
}

/** A read of the source, and what was known when it began. */
interface Reading {
  readonly from: readonly number[];
  readonly known: readonly number[];
  readonly events: readonly Recorded[] | Promise<readonly Recorded[]>;
}

/**
 * A subscriber that waits is handed the very batch that was published, in the same turn. One that is busy finds all
 * that came meanwhile in its next batch, up to 20,000 events (16 MiB); with more than that, what was kept is dropped and it reads
 * the source, 1000 events at a time, until it has caught up. Subscribers that stand at the same place share a read.
 */
export const createFeed = (source: FeedSource): Feed => {
  const subscribers = new Set<Subscriber>();
  const known = new Array<number>(source.shards).fill(0);
  let reading: Reading | undefined;
  let closed = false;

  const readAfter = (seqs: readonly number[]): Reading => {
    if (reading?.from.every((seq, shard) => seq === seqs[shard])) return reading;
    const events = source.readAfter(seqs, READ_EVENTS_MAX);
    const begun: Reading = { from: [...seqs], known: [...known], events };
    if (!(events instanceof Promise)) return begun;
    reading = begun;
    const done = (): void => void (reading === begun && (reading = undefined));
    events.then(done, done);
    return begun;
  };

  const iterate = (
    fromSeqs: readonly number[],
    signal: AbortSignal,
    check: () => void | Promise<void>,
  ): AsyncIterator<readonly Recorded[], undefined> => {
    const seqs = [...fromSeqs];
    let kept: (readonly Recorded[])[] = [];
    let keptEvents = 0;
    let keptBytes = 0;
    let state: 'new' | 'open' | 'ended' = 'new';
    let waiting: ((result: Result | Promise<Result>) => void) | undefined;
    let interrupt: (() => void) | undefined;

    const hasEnded = (): boolean => state === 'ended';
    const isBehind = (): boolean => known.some((seq, shard) => (seqs[shard] ?? 0) < seq);
    /** The rule: the next of its shard, no older one, none behind a gap. */
    const takes = ({ shard, seq }: Recorded): boolean => {
      const last = seqs[shard] ?? 0;
      if (seq !== last + 1 && !(source.skipGaps && seq > last)) return false;
      seqs[shard] = seq;
      return true;
    };
    const accept = (events: readonly Recorded[]): readonly Recorded[] => {
      const refused = events.findIndex((event) => !takes(event));
      return refused < 0 ? events : [...events.slice(0, refused), ...events.slice(refused).filter(takes)];
    };

    const takeKept = (): readonly Recorded[] => {
      const events = kept.length === 1 ? (kept[0] ?? []) : kept.flat();
      kept = [];
      keptEvents = keptBytes = 0;
      return events;
    };
    const wake = (result: Result | Promise<Result>): void => {
      const resolve = waiting;
      waiting = undefined;
      resolve?.(result);
    };
    const end = (): void => {
      state = 'ended';
      takeKept();
      subscribers.delete(subscriber);
      signal.removeEventListener('abort', end);
      interrupt?.();
      wake(ENDED);
    };
    const subscriber: Subscriber = {
      offer: (events, bytes) => {
        if (waiting) {
          const fresh = accept(events);
          if (fresh.length > 0) wake({ done: false, value: fresh });
          else subscriber.wakeWhenBehind();
          return;
        }
        keptEvents += events.length;
        keptBytes += bytes;
        kept.push(events);
        if (keptEvents > KEPT_EVENTS_MAX || keptBytes > KEPT_BYTES_MAX) takeKept();
      },
      wakeWhenBehind: () => {
        if (waiting && isBehind()) wake(next());
      },
      end,
    };

    /** What `work` gives, or nothing when the subscription ends before. A failure ends it. */
    const unlessEnded = async <R>(work: Promise<R>): Promise<R | undefined> => {
      try {
        return await new Promise<R | undefined>((resolve, reject) => {
          interrupt = () => resolve(undefined);
          work.then(resolve, reject);
        });
      } catch (error) {
        end();
        throw error;
      } finally {
        interrupt = undefined;
      }
    };

    const start = (): void | Promise<unknown> => {
      if (closed || signal.aborted) return end();
      const checking = check();
      state = 'open';
      subscribers.add(subscriber);
      signal.addEventListener('abort', end);
      return checking && unlessEnded(checking);
    };

    const readMissed = (): readonly Recorded[] | Promise<readonly Recorded[]> => {
      const { known: knownThen, events } = begin();
      const take = (missed: readonly Recorded[]): readonly Recorded[] => {
        // Nothing came of what was told: the source is right, or this would be asked for ever.
        if (missed.length === 0)
          for (const [shard, seq] of knownThen.entries()) if (known[shard] === seq) known[shard] = seqs[shard] ?? 0;
        return accept(missed);
      };
      if (!(events instanceof Promise)) return take(events);
      return unlessEnded(events).then((missed) => (missed ? take(missed) : []));
    };
    const begin = (): Reading => {
      takeKept(); // All of it is in the source.
      try {
        return readAfter(seqs);
      } catch (error) {
        end();
        throw error;
      }
    };

    const next = async (): Promise<Result> => {
      let polled = state === 'new';
      if (state === 'new') {
        const starting = start();
        if (starting) await starting;
      }
      // An `end` may come at any await.
      while (!hasEnded()) {
        const fresh = kept.length > 0 ? accept(takeKept()) : [];
        if (fresh.length > 0) return { done: false, value: fresh };
        if (!isBehind()) return new Promise<Result>((resolve) => (waiting = resolve));
        if (polled) {
          const read = readMissed();
          const missed = read instanceof Promise ? await read : read;
          if (missed.length > 0 && !hasEnded()) return { done: false, value: missed };
        } else await source.afterPoll();
        polled = !polled;
      }
      return ENDED;
    };
    return {
      next,
      return: () => {
        end();
        return Promise.resolve(ENDED);
      },
    };
  };

  const notice = (shard: number, seq: number): void => {
    if (seq > (known[shard] ?? Infinity)) known[shard] = seq;
  };
  return {
    publish: (events, bytes) => {
      let missing = 0;
      for (const { shard, seq } of events) {
        missing += Math.max(0, seq - (known[shard] ?? 0) - 1);
        notice(shard, seq);
      }
      if (missing > 0) source.onGap?.(missing);
      for (const subscriber of subscribers) subscriber.offer(events, bytes);
    },
    noticed: (tips) => {
      for (const [shard, { seq }] of tips.entries()) notice(shard, seq);
      for (const subscriber of subscribers) subscriber.wakeWhenBehind();
    },
    seqs: () => known,
    subscribers: () => subscribers.size,
    subscribe: (fromSeqs, signal, check) => ({ [Symbol.asyncIterator]: () => iterate(fromSeqs, signal, check) }),
    close: () => {
      closed = true;
      for (const subscriber of subscribers) subscriber.end();
    },
  };
};
