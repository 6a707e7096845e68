import type { EventMeta } from '@thuban/events';

type Known = NonNullable<EventMeta['idempotency']>;
type Source = { readonly meta: EventMeta; readonly timeMs: number };

/** The idempotency keys of the last 24 hours of event time. */
export interface Remembered {
  add(event: Source): void;
  /** What is remembered of a key at this time, unless it is older than 24 hours. */
  find(key: string, nowMs: number): Known | undefined;
  /** True when no further key is taken at this time. */
  isFull(nowMs: number): boolean;
}

const KEPT_MS = 24 * 60 * 60 * 1000;
/** Answers are a few hundred bytes each. */
const KEYS_MAX = 100_000;

/** Remembers the keys in the metas of recorded events, oldest first; forgets by event time, so a rebuild forgets the same. */
export const createRemembered = (events: Iterable<Source>): Remembered => {
  const known = new Map<string, Known & { readonly timeMs: number }>();
  const forget = (nowMs: number): void => {
    for (const [key, { timeMs }] of known) {
      if (timeMs > nowMs - KEPT_MS) return;
      known.delete(key);
    }
  };
  const add = ({ meta, timeMs }: Source): void => {
    if (!meta.idempotency) return;
    forget(timeMs);
    known.delete(meta.idempotency.key);
    known.set(meta.idempotency.key, { ...meta.idempotency, timeMs });
  };
  const isFull = (nowMs: number): boolean => {
    forget(nowMs);
    return known.size >= KEYS_MAX;
  };
  for (const event of events) add(event);
  return {
    add,
    isFull,
    find: (key, nowMs) => {
      const found = known.get(key);
      return found && found.timeMs > nowMs - KEPT_MS ? found : undefined;
    },
  };
};
