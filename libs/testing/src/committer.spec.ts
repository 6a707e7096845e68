// Beside the memory log rather than beside the committer: the kernel depends on nothing, not even in its tests.
import {
  CommandRejected,
  createCommitter,
  LogUnavailable,
  ShardMoved,
  type CommandContext,
  type CommitterOptions,
  type Decider,
  type EventLog,
  type Recorded,
} from '@thuban/event-sourcing';
import type { DomainEvent, Json } from '@thuban/events';
import fc from 'fast-check';
import { everythingIn, expectDenseAndChained } from './event-log-contract.js';
import { openMemoryLog } from './memory-log.js';

/** Seats that can be taken once. A seat is its number; its shard is the number modulo 4. */
type SeatTaken = DomainEvent & {
  readonly type: 'SeatTaken';
  readonly data: { readonly seat: number; readonly who: string };
};
interface Take {
  readonly seats: readonly number[];
  readonly who: string;
  readonly evolveThrows?: boolean;
}

const decider: Decider<Take, SeatTaken, string> = {
  decide: ({ seats, who, evolveThrows }, state) =>
    seats.flatMap((seat) => {
      const owner = state.get(`${seat}`);
      if (owner === who) return [];
      if (owner) throw new CommandRejected('ALREADY_EXISTS', `seat ${seat} is ${owner}'s`, { field: 'seat' });
      const data = evolveThrows ? { seat, who, broken: true } : { seat, who };
      return [{ stream: `seat/${seat}`, shard: seat % 4, event: { type: 'SeatTaken' as const, data } }];
    }),
  evolve: (_, { data }) => {
    if ('broken' in data) throw new Error('a bug in evolve');
    return [[`${data.seat}`, data.who]];
  },
};

const context = (requestId = 'r'): CommandContext<SeatTaken, string> => ({ meta: { actor: 'test', requestId } });
const withKey = (key: string, fingerprint = 'f', answer: Json = 'answer'): CommandContext<SeatTaken, string> => ({
  ...context(),
  answer: () => answer,
  idempotency: { key, fingerprint },
});

let ids = 0;
const start = (log: EventLog, options: Partial<CommitterOptions<Take, SeatTaken, string>> = {}) => {
  const state = new Map<string, string | undefined>();
  const committer = createCommitter<Take, SeatTaken, string>({
    log,
    decider,
    state,
    folded: new Array<number>(4).fill(0),
    clock: { now: () => 1_700_000_000_000 },
    afterPoll: setImmediate,
    newCommitId: () => `commit-${++ids}`,
    ...options,
  });
  const take = (who: string, ...seats: number[]) => committer.handleCommand({ seats, who }, context());
  return { committer, state, take };
};
const memoryLog = (): EventLog => openMemoryLog({ name: 'seats', shards: 4 });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: unknown) => (error instanceof CommandRejected ? error.code : `not refused but broken: ${String(error)}`),
  );
const seqsOf = async (log: EventLog): Promise<number[]> => (await log.tips()).map(({ seq }) => seq);

describe('a committer', () => {
  it('answers with the events as they are in the log', async () => {
    const log = memoryLog();
    const { take } = start(log);
    const { events } = await take('ann', 5, 2, 1);
    expect(events.map(({ shard, seq, data }) => [shard, seq, data.seat])).toEqual([
      [1, 1, 5],
      [2, 1, 2],
      [1, 2, 1],
    ]);
    for (const event of events) expect(await log.read(event.shard, event.seq, 1)).toEqual([event]);
  });

  it('commits what came in one turn as one commit, in the order it came', async () => {
    const log = memoryLog();
    const { committer, take } = start(log);
    await Promise.all([take('a', 1), take('b', 2), take('c', 5), take('d', 4)]);
    expect(committer.stats()).toEqual({ queued: 0, commits: 1, events: 4, conflicts: 0 });
    const shards = await everythingIn(log);
    expect(new Set(shards.flat().map(({ commitId }) => commitId)).size).toBe(1);
    expect(shards[1]?.map(({ data }) => (data as { who: string }).who)).toEqual(['a', 'c']);
    expectDenseAndChained('seats', shards);
  });

  it('decides a command on what earlier ones of the same group will have done', async () => {
    const { take } = start(memoryLog());
    const [first, second, third] = [take('ann', 1), take('ann', 1), take('bob', 1)];
    expect((await first).events).toHaveLength(1);
    expect((await second).events).toEqual([]);
    expect(await codeOf(third)).toBe('ALREADY_EXISTS');
  });

  it('answers with the state right after the command, not with what later ones of its group made of it', async () => {
    const { committer } = start(memoryLog());
    const seats = (_: unknown, state: { get(key: string): string | undefined }): Json =>
      ['1', '2'].map((seat) => state.get(seat) ?? 'free');
    const take = (seat: number) =>
      committer.handleCommand({ seats: [seat], who: 'ann' }, { ...context(), answer: seats });
    expect((await Promise.all([take(1), take(2)])).map(({ answer }) => answer)).toEqual([
      ['ann', 'free'],
      ['ann', 'ann'],
    ]);
    expect(committer.stats().commits).toBe(1);
    expect(committer.seqs()).toEqual([0, 1, 1, 0]);
  });

  it('shows nothing of a group before it is durable, and everything before it answers', async () => {
    const inner = memoryLog();
    let proceed = (): void => undefined;
    const held = new Promise<void>((resolve) => (proceed = resolve));
    const log: EventLog = { ...inner, append: (commit) => held.then(() => inner.append(commit)) };
    const { committer, state, take } = start(log);
    const taking = take('ann', 1).then(() => [state.get('1'), committer.stats().events]);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    expect([state.size, committer.stats().events]).toEqual([0, 0]);
    proceed();
    expect(await taking).toEqual(['ann', 1]);
  });

  it('refuses one command of a group without harm to the others', async () => {
    const log = memoryLog();
    const { committer, take, state } = start(log);
    const outcomes = [
      take('ann', 1),
      take('bob', 2, 1),
      committer.handleCommand({ seats: [9], who: 'cid', evolveThrows: true }, context()),
      committer.handleCommand(
        { seats: [10], who: 'dan' },
        {
          ...context(),
          answer: () => {
            throw new CommandRejected('INVALID_ARGUMENT', 'no answer');
          },
        },
      ),
      take('eve', 2, 9, 10),
    ].map(codeOf);
    expect(await Promise.all(outcomes)).toEqual([
      'OK',
      'ALREADY_EXISTS',
      'not refused but broken: Error: a bug in evolve',
      'INVALID_ARGUMENT',
      'OK',
    ]);
    expect([...state]).toEqual([
      ['1', 'ann'],
      ['2', 'eve'],
      ['9', 'eve'],
      ['10', 'eve'],
    ]);
    expectDenseAndChained('seats', await everythingIn(log));
  });

  it('keeps a commit within its numbers of commands and bytes', async () => {
    const counted = start(memoryLog(), { commandsPerCommitMax: 3 });
    await Promise.all(Array.from({ length: 10 }, (_, i) => counted.take('ann', i)));
    expect(counted.committer.stats()).toMatchObject({ commits: 4, events: 10 });
    const weighed = start(memoryLog(), { bytesPerCommitMax: 2500 });
    await Promise.all(Array.from({ length: 10 }, (_, i) => weighed.take('x'.repeat(1000), i)));
    expect(weighed.committer.stats()).toMatchObject({ commits: 4, events: 10 });
  });

  it('refuses an event of more than 512 KiB', async () => {
    const { take } = start(memoryLog());
    expect(await codeOf(take('x'.repeat(512 * 1024), 1))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(take('x'.repeat(511 * 1024), 1))).toBe('OK');
  });

  it('refuses what comes when the queue is full, and takes commands again later (INV-17)', async () => {
    const { committer, take } = start(memoryLog(), { queuedCommandsMax: 3 });
    const codes = await Promise.all([1, 2, 3, 4].map((seat) => codeOf(take('ann', seat))));
    expect(codes).toEqual(['OK', 'OK', 'OK', 'RESOURCE_EXHAUSTED']);
    expect(await codeOf(take('ann', 4))).toBe('OK');
    expect(committer.stats().queued).toBe(0);
  });

  it('is drained when nothing waits any more', async () => {
    const { committer, take } = start(memoryLog(), { commandsPerCommitMax: 2 });
    await committer.drained();
    let answered = 0;
    for (let seat = 0; seat < 7; seat++) void take('ann', seat).then(() => answered++);
    await committer.drained();
    expect([answered, committer.stats().commits]).toEqual([7, 4]);
  });
});

describe('an observer of appends', () => {
  const observer = () => {
    const appends: { requestIds: string[]; end: unknown }[] = [];
    const observe: CommitterOptions<Take, SeatTaken, string>['observe'] = (events) => {
      const append: (typeof appends)[number] = { requestIds: events.map(({ meta }) => meta.requestId), end: 'open' };
      appends.push(append);
      return (error) => void (append.end = error ?? 'committed');
    };
    return { appends, observe };
  };

  it('is told of the events of all commands of a group, in the order of the shards, and of the end', async () => {
    const { appends, observe } = observer();
    const { committer } = start(memoryLog(), { observe });
    const take = (requestId: string, ...seats: number[]) =>
      committer.handleCommand({ seats, who: requestId }, context(requestId));
    await Promise.all([take('a', 1, 2), take('b', 5), take('c', 4)]);
    expect(appends).toEqual([{ requestIds: ['c', 'a', 'b', 'a'], end: 'committed' }]);
    await expect(take('d', 1)).rejects.toThrow(CommandRejected);
    expect(await take('a', 1)).toEqual({ events: [] });
    expect(appends).toHaveLength(1);
  });

  it('is told of an append that failed, or was lost to another writer, and of its next try', async () => {
    const { appends, observe } = observer();
    const log: EventLog = { ...memoryLog(), soleWriter: false };
    const moved = new ShardMoved(1, 0);
    const append = log.append;
    const failures: Error[] = [moved, new LogUnavailable('away')];
    const { take } = start(
      { ...log, append: (commit) => (failures[0] ? Promise.reject(failures.shift() as Error) : append(commit)) },
      { observe },
    );
    expect(await codeOf(take('a', 1))).toBe('UNAVAILABLE');
    expect(await codeOf(take('a', 1))).toBe('OK');
    expect(appends.map(({ end }) => end)).toEqual([moved, new LogUnavailable('away'), 'committed']);
  });
});

describe('idempotency keys (INV-4)', () => {
  it('give a repeat the first answer and write nothing: in the same group, later, and for a command that would now be refused', async () => {
    const log = memoryLog();
    const { committer } = start(log);
    const send = (who: string, answer: string) =>
      committer.handleCommand({ seats: [1, 2], who }, withKey('k', 'f', answer));
    const [first, same] = await Promise.all([send('ann', 'first'), send('ann', 'again')]);
    expect([first.events.length, first.answer, same]).toEqual([2, 'first', { events: [], answer: 'first' }]);
    expect(await send('bob', 'later')).toEqual({ events: [], answer: 'first' });
    expect(await seqsOf(log)).toEqual([0, 1, 1, 0]);
  });

  it('refuse another request under the same key', async () => {
    const { committer } = start(memoryLog());
    const send = (seat: number, fingerprint: string) =>
      committer.handleCommand({ seats: [seat], who: 'ann' }, withKey('k', fingerprint));
    expect(await Promise.all([send(1, 'f'), send(2, 'g')].map(codeOf))).toEqual(['OK', 'FAILED_PRECONDITION']);
    await expect(send(2, 'g')).rejects.toMatchObject({ field: 'Idempotency-Key', reason: 'IDEMPOTENCY_KEY_REUSED' });
  });

  it('are known to the committer once they are committed', async () => {
    const { committer } = start(memoryLog());
    const taking = committer.handleCommand({ seats: [1], who: 'ann' }, withKey('k'));
    expect(committer.remembers('k')).toBe(false);
    await taking;
    expect([committer.remembers('k'), committer.remembers('other')]).toEqual([true, false]);
  });

  it('are not used up by a command that was refused', async () => {
    const { committer, take } = start(memoryLog());
    await take('ann', 1);
    expect(await codeOf(committer.handleCommand({ seats: [1], who: 'bob' }, withKey('k')))).toBe('ALREADY_EXISTS');
    expect((await committer.handleCommand({ seats: [2], who: 'bob' }, withKey('k'))).events).toHaveLength(1);
  });

  it('are remembered over a restart from the events of the log, for 24 hours of event time', async () => {
    const log = memoryLog();
    const before = start(log);
    await before.committer.handleCommand({ seats: [1], who: 'ann' }, withKey('k', 'f', { seat: 1 }));
    const events = (await everythingIn(log)).flat() as Recorded<SeatTaken>[];
    const restartAfter = (ms: number) =>
      start(log, { remembered: events, folded: [0, 1, 0, 0], clock: { now: () => 1_700_000_000_000 + ms } }).committer;
    const hour = 3_600_000;
    expect(await restartAfter(23 * hour).handleCommand({ seats: [2], who: 'bob' }, withKey('k'))).toEqual({
      events: [],
      answer: { seat: 1 },
    });
    expect((await restartAfter(25 * hour).handleCommand({ seats: [2], who: 'bob' }, withKey('k'))).events).toHaveLength(
      1,
    );
  });

  it('are learnt from other writers of the log', async () => {
    const log = memoryLog();
    const [a, b] = [start(log), start(log)];
    await a.committer.handleCommand({ seats: [1], who: 'ann' }, withKey('k', 'f', 'of a'));
    expect(await b.committer.handleCommand({ seats: [1], who: 'ann' }, withKey('k'))).toEqual({
      events: [],
      answer: 'of a',
    });
  });
});

describe('two committers on one log (INV-6)', () => {
  it('decide again on what the other wrote: each seat goes to one, everybody is told right', async () => {
    const log = memoryLog();
    const writers = [start(log), start(log)];
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const who = `w${i % 2}`;
        const seat = i >> 1;
        return writers[i % 2]!.take(who, seat).then(
          () => ({ seat, who }),
          () => ({ seat, who: '' }),
        );
      }),
    );
    const owners = new Map(
      (await everythingIn(log))
        .flat()
        .map(({ data }) => [(data as { seat: number }).seat, (data as { who: string }).who]),
    );
    expect(owners.size).toBe(100);
    for (const { seat, who } of outcomes) if (who !== '') expect(owners.get(seat)).toBe(who);
    expect(outcomes.filter(({ who }) => who !== '')).toHaveLength(100);
    expect(writers.reduce((sum, { committer }) => sum + committer.stats().conflicts, 0)).toBeGreaterThan(0);
    expectDenseAndChained('seats', await everythingIn(log));
  });

  it('see what the other wrote by following the log, each event once', async () => {
    const log = memoryLog();
    const [a, b] = [start(log), start(log)];
    await a.take('ann', 1, 2, 5);
    const events = (await everythingIn(log)).flat() as readonly Recorded<SeatTaken>[];
    await b.committer.follow(events.slice(0, 2));
    await b.committer.follow(events);
    expect(b.state).toEqual(a.state);
    expect(b.committer.seqs()).toEqual(a.committer.seqs());
    await a.committer.follow(events);
    expect(a.committer.seqs()).toEqual(await seqsOf(log));
  });

  it('fold nothing that they follow while a commit is on its way, and have it before they follow more', async () => {
    const inner = memoryLog();
    let proceed = (): void => undefined;
    const held = new Promise<void>((resolve) => (proceed = resolve));
    const a = start(inner);
    const b = start({ ...inner, append: (commit) => held.then(() => inner.append(commit)) });
    const taking = b.take('bob', 2);
    while (b.committer.stats().queued === 0) await new Promise(setImmediate);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    await a.take('ann', 1);
    const following = b.committer.follow((await everythingIn(inner)).flat() as readonly Recorded<SeatTaken>[]);
    expect(b.state.size).toBe(0);
    proceed();
    await Promise.all([taking, following]);
    expect(b.state).toEqual(
      new Map([
        ['1', 'ann'],
        ['2', 'bob'],
      ]),
    );
    expect(b.committer.seqs()).toEqual(await seqsOf(inner));
  });

  it('refuse to follow over a gap (INV-3)', async () => {
    const log = memoryLog();
    const [a, b] = [start(log), start(log)];
    await a.take('ann', 1, 5);
    const [, second] = (await everythingIn(log)).flat() as readonly Recorded<SeatTaken>[];
    await expect(b.committer.follow([second!])).rejects.toThrow('event 1 of shard 1 is missing');
    expect(b.state.size).toBe(0);
  });

  it('agree with the log whatever they do and in whatever groups', async () => {
    const step = fc.record({
      writer: fc.nat({ max: 1 }),
      seat: fc.nat({ max: 7 }),
      turn: fc.boolean(),
      keyed: fc.option(fc.nat({ max: 2 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const log = memoryLog();
        const writers = [start(log), start(log)];
        const answers: Promise<unknown>[] = [];
        for (const { writer, seat, turn, keyed } of steps) {
          // A key stands for one request: whoever gets it again may get it at the other writer, at the same time.
          const command = keyed === null ? { seats: [seat], who: `w${writer}` } : { seats: [keyed], who: `k${keyed}` };
          const key = keyed === null ? context() : withKey(`k${keyed}`);
          answers.push(writers[writer]!.committer.handleCommand(command, key).catch((error: unknown) => error));
          if (turn) await new Promise(setImmediate);
        }
        await Promise.all(answers);
        const events = (await everythingIn(log)).flat() as Recorded<SeatTaken>[];
        const fold = new Map(events.map(({ data }) => [`${data.seat}`, data.who]));
        expect(events).toHaveLength(fold.size);
        const keys = events.flatMap(({ meta }) => (meta.idempotency ? [meta.idempotency.key] : []));
        expect(new Set(keys).size).toBe(keys.length);
        for (const { state, take } of writers) {
          await take('nobody').catch(() => undefined); // An empty command makes a writer read what the other has written.
          expect(new Map([...state].sort())).toEqual(new Map([...fold].sort()));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('give up as ABORTED after ten lost attempts', async () => {
    const inner = memoryLog();
    let rival = 100;
    const log: EventLog = {
      ...inner,
      append: async (commit) => {
        await start(inner).take('rival', (rival += 4) + 1);
        return inner.append(commit);
      },
    };
    const { committer, take } = start(log);
    expect(await codeOf(take('ann', 1))).toBe('ABORTED');
    expect(committer.stats()).toMatchObject({ conflicts: 10, events: 0 });
  });
});

describe('a store that fails', () => {
  it('is never acknowledged: UNAVAILABLE, nothing folded, and work goes on when it is back (INV-18)', async () => {
    const inner = memoryLog();
    let broken = true;
    const log: EventLog = {
      ...inner,
      append: (commit) => (broken ? Promise.reject(new LogUnavailable('disk full')) : inner.append(commit)),
    };
    const told: (string | undefined)[] = [];
    const { state, take } = start(log, { onUnavailable: (reason) => void told.push(reason?.message) });
    expect(await Promise.all([codeOf(take('ann', 1)), codeOf(take('bob', 2))])).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    expect(await codeOf(take('ann', 1))).toBe('UNAVAILABLE');
    expect(state.size).toBe(0);
    broken = false;
    expect(await codeOf(take('bob', 1))).toBe('OK');
    expect(told).toEqual(['disk full', undefined]);
    expect(await seqsOf(inner)).toEqual([0, 1, 0, 0]);
  });

  it('that had written all the same is read before anything else is answered, also by a sole writer (INV-18)', async () => {
    const inner = memoryLog();
    let lostAnswers = 1;
    const log: EventLog = {
      ...inner,
      soleWriter: true,
      append: async (commit) => {
        const recorded = await inner.append(commit);
        if (lostAnswers-- > 0) throw new LogUnavailable('connection lost');
        return recorded;
      },
    };
    const { state, take } = start(log);
    expect(await codeOf(take('ann', 1))).toBe('UNAVAILABLE');
    expect((await take('ann', 1)).events).toEqual([]);
    expect(state.get('1')).toBe('ann');
    expect(await codeOf(take('bob', 1))).toBe('ALREADY_EXISTS');
  });
});
