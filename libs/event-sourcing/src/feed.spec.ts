import fc from 'fast-check';
import { createFeed, type Feed, type FeedSource } from './feed.js';
import type { Recorded } from './recorded.js';

const SHARDS = 2;
const eventAt = (shard: number, seq: number): Recorded => ({
  ...{ type: 'T', data: {}, shard, seq, stream: 's', meta: { actor: 'a', requestId: 'r' } },
  ...{ timeMs: 0, commitId: 'c', hash: `${shard}/${seq}` },
});
const places = (events: readonly Recorded[]): string[] => events.map(({ shard, seq }) => `${shard}:${seq}`);
const never = new AbortController().signal;
const afterPoll = (): Promise<void> => Promise.resolve();

/** A table that any number of writers append to, read asynchronously, and a feed on it. */
const createTable = (options: Partial<FeedSource> = {}) => {
  const shards = Array.from({ length: SHARDS }, (): Recorded[] => []);
  const gaps: number[] = [];
  let reads = 0;
  const feed = createFeed({
    ...{ shards: SHARDS, afterPoll, onGap: (count) => gaps.push(count) },
    readAfter: async (seqs, max) => {
      reads++;
      const events = shards.flatMap((all, shard) => all.slice(seqs[shard])).slice(0, max);
      await Promise.resolve();
      return events;
    },
    ...options,
  });
  return {
    feed,
    gaps,
    reads: () => reads,
    append: (shard: number, count = 1): readonly Recorded[] => {
      const all = shards[shard] ?? [];
      const events = Array.from({ length: count }, (_, nth) => eventAt(shard, all.length + nth + 1));
      all.push(...events);
      return events;
    },
    tips: () => shards.map(({ length }) => ({ seq: length })),
    all: () => shards,
  };
};

/** Drives a subscription by hand: what it was given so far. */
const follow = (feed: Feed, from: readonly number[] = [0, 0]) => {
  const batches = feed.subscribe(from, never, () => undefined)[Symbol.asyncIterator]();
  const given: Recorded[] = [];
  let ended = false;
  const ending = (async () => {
    for (let next = await batches.next(); !next.done; next = await batches.next()) given.push(...next.value);
    ended = true;
  })();
  return { given, ending, hasEnded: () => ended };
};
const settled = async (): Promise<void> => {
  for (let i = 0; i < 100; i++) await Promise.resolve();
};

describe('a feed', () => {
  it('skips what is older and reads what is missing, and counts it (INV-3)', async () => {
    const table = createTable();
    const { given } = follow(table.feed);
    await settled();
    const [first, second, third, fourth] = table.append(0, 4) as [Recorded, Recorded, Recorded, Recorded];
    table.feed.publish([first], 1);
    table.feed.publish([first, second], 1);
    await settled();
    expect([places(given), table.gaps, table.reads()]).toEqual([['0:1', '0:2'], [], 0]);
    table.feed.publish([fourth], 1);
    await settled();
    expect([places(given), table.gaps]).toEqual([['0:1', '0:2', '0:3', '0:4'], [1]]);
    table.feed.publish([third], 1);
    await settled();
    expect(given).toHaveLength(4);
  });

  it('goes on with the other shards of a batch that has a gap in one', async () => {
    const table = createTable();
    const { given } = follow(table.feed);
    await settled();
    const [, later = eventAt(0, 2)] = table.append(0, 2);
    table.feed.publish([later, ...table.append(1)], 1);
    await settled();
    expect(places(given).sort()).toEqual(['0:1', '0:2', '1:1']);
  });

  it('reads what the tips say is there, once for all who stand at the same place', async () => {
    const table = createTable();
    const both = [follow(table.feed), follow(table.feed)];
    await settled();
    table.append(0, 3);
    table.append(1);
    table.feed.noticed(table.tips());
    await settled();
    for (const { given } of both) expect(places(given)).toEqual(['0:1', '0:2', '0:3', '1:1']);
    expect([table.reads(), table.gaps]).toEqual([1, []]);
    table.feed.noticed(table.tips());
    await settled();
    expect(table.reads()).toBe(1);
  });

  it('does not ask for ever for what the source does not have', async () => {
    const table = createTable();
    const { given } = follow(table.feed);
    await settled();
    table.feed.publish([eventAt(0, 1_000_000)], 1);
    await settled();
    const reads = table.reads();
    await settled();
    expect([reads, table.reads(), given]).toEqual([1, 1, []]);
    table.feed.publish(table.append(0), 1);
    await settled();
    expect(places(given)).toEqual(['0:1']);
  });

  it('ends while its source does not answer', async () => {
    const abort = new AbortController();
    const table = createTable({ readAfter: () => new Promise(() => undefined) });
    table.feed.noticed([{ seq: 5 }]);
    const next = table.feed
      .subscribe([0, 0], abort.signal, () => undefined)
      [Symbol.asyncIterator]()
      .next();
    await settled();
    abort.abort();
    expect((await next).done).toBe(true);
    const unchecked = table.feed
      .subscribe([0, 0], never, () => new Promise(() => undefined))
      [Symbol.asyncIterator]()
      .next();
    table.feed.close();
    expect((await unchecked).done).toBe(true);
    expect(table.feed.subscribers()).toBe(0);
  });

  it('ends with the failure of its source or its check', async () => {
    const table = createTable({ readAfter: () => Promise.reject(new Error('away')) });
    table.feed.noticed([{ seq: 1 }]);
    await expect(follow(table.feed).ending).rejects.toThrow('away');
    const checked = table.feed.subscribe([0, 0], never, () => Promise.reject(new Error('not mine')));
    await expect(checked[Symbol.asyncIterator]().next()).rejects.toThrow('not mine');
    expect(table.feed.subscribers()).toBe(0);
  });

  it('with the planted bug goes on behind a gap', async () => {
    const table = createTable({ skipGaps: true });
    const { given } = follow(table.feed);
    await settled();
    table.feed.publish(table.append(0, 2).slice(1), 1);
    await settled();
    expect(places(given)).toEqual(['0:2']);
  });

  it('gives every subscriber every event once and in order, whatever is lost, repeated and late (INV-3)', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('append' as const), shard: fc.nat({ max: 1 }), lost: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const), at: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('notice' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const), at: fc.nat() }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const table = createTable();
        const followers = [{ from: [0, 0], ...follow(table.feed) }];
        for (const each of steps)
          switch (each.kind) {
            case 'append': {
              const events = table.append(each.shard);
              if (!each.lost) table.feed.publish(events, 1);
              break;
            }
            case 'repeat': {
              const all = table.all().flat();
              const event = all[each.at % Math.max(1, all.length)];
              if (event) table.feed.publish([event], 1);
              break;
            }
            case 'notice':
              table.feed.noticed(table.tips());
              break;
            case 'join': {
              const from = table.tips().map(({ seq }) => each.at % (seq + 1));
              followers.push({ from, ...follow(table.feed, from) });
              break;
            }
            case 'settle':
              await settled();
          }
        table.feed.noticed(table.tips());
        await settled();
        for (const { from, given } of followers)
          for (const [shard, events] of table.all().entries())
            expect(places(given.filter((event) => event.shard === shard))).toEqual(places(events.slice(from[shard])));
        table.feed.close();
      }),
    );
  });
});
