import type { Recorded } from '@thuban/event-sourcing';

/** What others appended and was read just now: whoever lost a commit to it reads it next, shard by shard. */
export interface Arrivals {
  /** In order and without gaps per shard. */
  add(events: readonly Recorded[]): void;
  /** Up to `max` events of the shard from `seq` on; none when they are not here. */
  from(shard: number, seq: number, max: number): readonly Recorded[];
}

const KEPT_MAX = 2000;

export const createArrivals = (): Arrivals => {
  let shards = new Map<number, Recorded[]>();
  let count = 0;
  return {
    add: (events) => {
      if (count > KEPT_MAX) {
        shards = new Map();
        count = 0;
      }
      count += events.length;
      for (const event of events) {
        const known = shards.get(event.shard);
        if (known?.at(-1)?.seq === event.seq - 1) known.push(event);
        else shards.set(event.shard, [event]);
      }
    },
    from: (shard, seq, max) => {
      const known = shards.get(shard) ?? [];
      const at = seq - (known[0]?.seq ?? Infinity);
      return at < 0 ? [] : known.slice(at, at + Math.max(0, max));
    },
  };
};
