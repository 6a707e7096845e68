import {
  chainHash,
  CheckpointMismatch,
  GENESIS_HASH,
  LogUnavailable,
  ShardMoved,
  type Checkpoint,
  type Commit,
  type EventLog,
  type NewEvent,
  type Recorded,
  type ShardWrite,
} from '@thuban/event-sourcing';
import fc from 'fast-check';

/** A log under test with 4 shards, empty. */
export interface EventLogFixture {
  readonly log: EventLog;
  /** Closes the log and opens what is left of it. Absent: nothing outlives the process. */
  readonly reopen?: () => Promise<EventLog>;
  readonly cleanUp: () => Promise<void>;
}

export const CONTRACT_SHARDS = 4;

let commits = 0;

/** An event whose content is `id`. */
export const someEvent = (id: string): NewEvent => ({
  stream: `namespace/${id}`,
  event: { type: 'NamespaceCreated', data: { name: id } },
  meta: { actor: 'test', requestId: `request-${id}` },
});

/** A commit with an id of its own. */
export const someCommit = (...writes: readonly ShardWrite[]): Commit => ({
  commitId: `commit-${++commits}`,
  timeMs: 1_700_000_000_000 + commits,
  writes,
});

/** A write of events named after their places. */
export const someWrite = (shard: number, expectedSeq: number, count = 1): ShardWrite => ({
  shard,
  expectedSeq,
  events: Array.from({ length: count }, (_, i) => someEvent(`${shard}-${expectedSeq + 1 + i}`)),
});

/** Everything that a log holds, by shard. */
export const everythingIn = async (log: EventLog): Promise<(readonly Recorded[])[]> => {
  const shards: (readonly Recorded[])[] = [];
  for (const [shard, { seq }] of (await log.tips()).entries()) {
    const events: Recorded[] = [];
    while (events.length < seq) events.push(...(await log.read(shard, events.length + 1, 1000)));
    shards.push(events);
  }
  return shards;
};

/** Asserts that each shard is 1..n and that its hashes chain from the beginning. */
export const expectDenseAndChained = (name: string, shards: readonly (readonly Recorded[])[]): void => {
  for (const events of shards) {
    let previous = GENESIS_HASH;
    for (const [i, event] of events.entries()) {
      expect(event.seq).toBe(i + 1);
      const body = JSON.stringify({ data: event.data, meta: event.meta });
      expect(event.hash).toBe(chainHash(previous, { ...event, log: name, body }));
      previous = event.hash;
    }
  }
};

/** Takes batches from a subscription until `count` events have come. */
export const takeEvents = async (batches: AsyncIterable<readonly Recorded[]>, count: number): Promise<Recorded[]> => {
  const events: Recorded[] = [];
  if (count > 0)
    for await (const batch of batches) {
      events.push(...batch);
      if (events.length >= count) break;
    }
  return events;
};

const checkpointAt = async (log: EventLog): Promise<Checkpoint> => ({ logId: log.id, tips: await log.tips() });
const never = (): AbortSignal => new AbortController().signal;

/**
 * What every event log promises, the refusals included.
 * @example eventLogContract('the memory log', async () => ({ log: openMemoryLog({ name: 'test', shards: CONTRACT_SHARDS }), cleanUp: async () => {} }));
 */
export const eventLogContract = (name: string, open: () => Promise<EventLogFixture>): void =>
  describe(`${name} keeps the event log contract`, () => {
    let fixture: EventLogFixture;
    let log: EventLog;
    beforeEach(async () => {
      fixture = await open();
      log = fixture.log;
    });
    afterEach(() => fixture.cleanUp());

    const expectNothingWritten = async (
      attempt: Promise<unknown>,
      error: new (...args: never[]) => Error,
    ): Promise<void> => {
      const before = await everythingIn(log);
      await expect(attempt).rejects.toBeInstanceOf(error);
      expect(await everythingIn(log)).toEqual(before);
    };

    describe('append', () => {
      it('starts with empty shards', async () => {
        expect(await log.tips()).toEqual(
          Array.from({ length: CONTRACT_SHARDS }, () => ({ seq: 0, hash: GENESIS_HASH })),
        );
        expect(log.shards).toBe(CONTRACT_SHARDS);
        expect(log.id).not.toBe('');
      });

      it('numbers each shard from 1 without gaps, in the order of the writes, and moves the tips (INV-3)', async () => {
        const first = await log.append(someCommit(someWrite(1, 0, 2), someWrite(3, 0)));
        const second = await log.append(someCommit(someWrite(1, 2), someWrite(0, 0)));
        expect([...first, ...second].map(({ shard, seq }) => `${shard}:${seq}`)).toEqual([
          '1:1',
          '1:2',
          '3:1',
          '1:3',
          '0:1',
        ]);
        expect((await log.tips()).map(({ seq }) => seq)).toEqual([1, 3, 0, 1]);
        expect((await log.tips())[1]?.hash).toBe(second[0]?.hash);
      });

      it('records stream, meta, time and commit id, and chains the hashes (INV-4)', async () => {
        const commit = someCommit(someWrite(1, 0, 2), someWrite(2, 0));
        const [event] = await log.append(commit);
        expect(event).toMatchObject({
          ...someEvent('1-1').event,
          stream: 'namespace/1-1',
          meta: someEvent('1-1').meta,
        });
        expect(event).toMatchObject({ commitId: commit.commitId, timeMs: commit.timeMs });
        await log.append(someCommit(someWrite(1, 2, 3)));
        expectDenseAndChained(log.name, await everythingIn(log));
      });

      it('keeps any JSON as it is', async () => {
        const data = JSON.parse(
          '{"__proto__":{"x":1},"text":"\\u0000\\ud83d\\ude80 \\"q\\" \\n","list":[null,1.5,-0.1,true,{}],"":""}',
        ) as object;
        await log.append(
          someCommit({ shard: 0, expectedSeq: 0, events: [{ ...someEvent('a'), event: { type: 'T', data } }] }),
        );
        const [event] = await log.read(0, 1, 1);
        expect(JSON.stringify(event?.data)).toBe(JSON.stringify(data));
      });

      it('takes an encoding that the writer has already made', async () => {
        const event = { ...someEvent('a'), dataText: JSON.stringify(someEvent('a').event.data) };
        await log.append(someCommit({ shard: 0, expectedSeq: 0, events: [event] }));
        const shards = await everythingIn(log);
        expect(shards[0]?.[0]?.data).toEqual({ name: 'a' });
        expectDenseAndChained(log.name, shards);
      });

      it.each([0, 1, 3])('refuses expectedSeq %i when the tip is at 2 (INV-6)', async (expectedSeq) => {
        await log.append(someCommit(someWrite(1, 0, 2)));
        await expectNothingWritten(log.append(someCommit(someWrite(1, expectedSeq))), ShardMoved);
      });

      it('writes nothing at all when one of several shards has moved (INV-6)', async () => {
        await log.append(someCommit(someWrite(2, 0)));
        await expectNothingWritten(
          log.append(someCommit(someWrite(0, 0), someWrite(1, 0, 3), someWrite(2, 0))),
          ShardMoved,
        );
        await expectNothingWritten(log.append(someCommit(someWrite(2, 0), someWrite(3, 0))), ShardMoved);
        await expect(log.append(someCommit(someWrite(2, 0)))).rejects.toMatchObject({
          shard: 2,
          expectedSeq: 0,
          actualSeq: 1,
        });
      });

      it('lets one of two appends at the same tip win (INV-6)', async () => {
        const outcomes = await Promise.allSettled([
          log.append(someCommit(someWrite(0, 0))),
          log.append(someCommit(someWrite(0, 0))),
        ]);
        expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        expect((await log.tips())[0]?.seq).toBe(1);
      });

      it.each<[string, Commit]>([
        ['no writes', someCommit()],
        ['a write without events', someCommit(someWrite(0, 0), { shard: 1, expectedSeq: 0, events: [] })],
        ['a shard that is not there', someCommit(someWrite(CONTRACT_SHARDS, 0))],
        ['a negative shard', someCommit(someWrite(-1, 0))],
        ['a shard twice', someCommit(someWrite(0, 0), someWrite(0, 1))],
        ['half a millisecond', { ...someCommit(someWrite(0, 0)), timeMs: 0.5 }],
        ['no commit id', { ...someCommit(someWrite(0, 0)), commitId: '' }],
        ['a line feed in the commit id', { ...someCommit(someWrite(0, 0)), commitId: 'a\nb' }],
        [
          'a line feed in a stream',
          someCommit({ shard: 0, expectedSeq: 0, events: [{ ...someEvent('a'), stream: 'a\nb' }] }),
        ],
      ])('refuses a commit with %s', (_, commit) => expectNothingWritten(log.append(commit), RangeError));
    });

    describe('read', () => {
      beforeEach(() => log.append(someCommit(someWrite(1, 0, 10), someWrite(2, 0))));

      it('gives up to max events from a seq on', async () => {
        expect((await log.read(1, 4, 3)).map(({ seq }) => seq)).toEqual([4, 5, 6]);
        expect((await log.read(1, 9, 100)).map(({ seq }) => seq)).toEqual([9, 10]);
        expect((await log.read(1, 1, 100)).every(({ shard }) => shard === 1)).toBe(true);
      });

      it('gives nothing beyond the end', async () => {
        expect(await log.read(1, 11, 10)).toEqual([]);
        expect(await log.read(3, 1, 10)).toEqual([]);
      });

      it('gives what append gave', async () => {
        const appended = await log.append(someCommit(someWrite(1, 10, 2)));
        expect(await log.read(1, 11, 10)).toEqual(appended);
      });
    });

    describe('subscribe', () => {
      it('gives everything from the beginning and then what comes (INV-3)', async () => {
        await log.append(someCommit(someWrite(0, 0, 2), someWrite(1, 0)));
        const taking = takeEvents(log.subscribe(undefined, never()), 6);
        await log.append(someCommit(someWrite(1, 1)));
        await log.append(someCommit(someWrite(0, 2), someWrite(3, 0)));
        const taken = await taking;
        for (const [shard, events] of (await everythingIn(log)).entries())
          expect(taken.filter((event) => event.shard === shard)).toEqual(events);
      });

      it('goes on after a checkpoint', async () => {
        await log.append(someCommit(someWrite(0, 0, 2), someWrite(1, 0)));
        const from = await checkpointAt(log);
        const later = await log.append(someCommit(someWrite(0, 2), someWrite(2, 0)));
        expect(await takeEvents(log.subscribe(from, never()), 2)).toEqual(later);
      });

      it('wakes a subscriber that waits without any timer', async () => {
        const batches = log.subscribe(undefined, never())[Symbol.asyncIterator]();
        const next = batches.next();
        await new Promise(setImmediate);
        const appended = await log.append(someCommit(someWrite(0, 0)));
        expect((await next).value).toEqual(appended);
        await batches.return?.();
      });

      it('loses nothing for a subscriber that is thousands of events behind (INV-3)', async () => {
        const batches = log.subscribe(undefined, never())[Symbol.asyncIterator]();
        const first = batches.next();
        const taken: Recorded[] = [];
        for (let seq = 0; seq < 5000; seq += 500) {
          await log.append(someCommit(someWrite(0, seq, 500), someWrite(1, seq / 500)));
          if (seq === 0) taken.push(...(((await first).value ?? []) as readonly Recorded[]));
        }
        while (taken.length < 5010) {
          const batch = ((await batches.next()).value ?? []) as readonly Recorded[];
          expect(batch.length).toBeLessThanOrEqual(20_000);
          taken.push(...batch);
        }
        await batches.return?.();
        const everything = await everythingIn(log);
        for (const shard of [0, 1]) expect(taken.filter((event) => event.shard === shard)).toEqual(everything[shard]);
      });

      it('gives each of two subscribers everything', async () => {
        const both = [
          takeEvents(log.subscribe(undefined, never()), 3),
          takeEvents(log.subscribe(undefined, never()), 3),
        ];
        const appended = [
          ...(await log.append(someCommit(someWrite(0, 0)))),
          ...(await log.append(someCommit(someWrite(0, 1, 2)))),
        ];
        expect(await Promise.all(both)).toEqual([appended, appended]);
      });

      it('ends when the signal aborts: while it waits, and before it has begun', async () => {
        const abort = new AbortController();
        const waiting = takeEvents(log.subscribe(undefined, abort.signal), 1);
        await new Promise(setImmediate);
        abort.abort();
        expect(await waiting).toEqual([]);
        await log.append(someCommit(someWrite(0, 0)));
        expect(await takeEvents(log.subscribe(undefined, abort.signal), 1)).toEqual([]);
      });

      it('refuses a checkpoint that is not of this log', async () => {
        await log.append(someCommit(someWrite(0, 0, 3)));
        const { logId, tips } = await checkpointAt(log);
        const at = (seq: number, hash: string): Checkpoint => ({ logId, tips: [{ seq, hash }, ...tips.slice(1)] });
        const wrong: Checkpoint[] = [
          { logId: 'another', tips },
          { logId, tips: tips.slice(1) },
          at(3, GENESIS_HASH),
          at(2, tips[0]?.hash ?? ''),
          at(4, tips[0]?.hash ?? ''),
        ];
        for (const checkpoint of wrong)
          await expect(takeEvents(log.subscribe(checkpoint, never()), 1)).rejects.toBeInstanceOf(CheckpointMismatch);
      });
    });

    it('is dense, chained and equal to every subscription, whatever two writers and a reader do (INV-3, INV-4, INV-6)', async () => {
      const step = fc.record({
        writer: fc.nat({ max: 1 }),
        writes: fc.uniqueArray(
          fc.record({ shard: fc.nat({ max: CONTRACT_SHARDS - 1 }), count: fc.integer({ min: 1, max: 3 }) }),
          {
            minLength: 1,
            maxLength: 3,
            selector: ({ shard }) => shard,
          },
        ),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
          const from = await checkpointAt(log);
          const seen = [0, 1].map(() => from.tips.map(({ seq }) => seq));
          const before = from.tips.reduce((sum, { seq }) => sum + seq, 0);
          for (const { writer, writes } of steps) {
            const mine = seen[writer] ?? [];
            const commit = someCommit(...writes.map(({ shard, count }) => someWrite(shard, mine[shard] ?? 0, count)));
            const fresh = writes.every(
              ({ shard }) => mine[shard] === Math.max(...seen.map((seqs) => seqs[shard] ?? 0)),
            );
            const outcome = await log.append(commit).catch((error: unknown) => error);
            expect(Array.isArray(outcome)).toBe(fresh);
            if (Array.isArray(outcome)) for (const { shard, seq } of outcome as Recorded[]) mine[shard] = seq;
            else seen[writer] = (await log.tips()).map(({ seq }) => seq);
          }
          const everything = await everythingIn(log);
          expectDenseAndChained(log.name, everything);
          const added = everything.flat().length - before;
          const taken = await takeEvents(log.subscribe(from, never()), added);
          for (const [shard, events] of everything.entries())
            expect(taken.filter((event) => event.shard === shard)).toEqual(events.slice(from.tips[shard]?.seq));
        }),
        { numRuns: 25 },
      );
    });

    it('ends subscriptions and refuses appends once it is closed', async () => {
      const waiting = takeEvents(log.subscribe(undefined, never()), 1);
      await new Promise(setImmediate);
      await log.close();
      expect(await waiting).toEqual([]);
      await expect(log.append(someCommit(someWrite(0, 0)))).rejects.toBeInstanceOf(LogUnavailable);
    });

    it('is the same log after it was closed and opened again (INV-1, INV-4)', async () => {
      if (!fixture.reopen) return;
      await log.append(someCommit(someWrite(0, 0, 3), someWrite(2, 0)));
      const before = { id: log.id, checkpoint: await checkpointAt(log), everything: await everythingIn(log) };
      const again = await fixture.reopen();
      expect(again.id).toBe(before.id);
      expect(await checkpointAt(again)).toEqual(before.checkpoint);
      expect(await everythingIn(again)).toEqual(before.everything);
      const later = await again.append(someCommit(someWrite(0, 3)));
      expect(await takeEvents(again.subscribe(before.checkpoint, never()), 1)).toEqual(later);
    });
  });
