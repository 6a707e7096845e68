import { setTimeout as pass } from 'node:timers/promises';
import { LogUnavailable, ShardMoved, type EventLog } from '@thuban/event-sourcing';
import {
  describeWithStack,
  everythingIn,
  expectDenseAndChained,
  someCommit,
  someWrite,
  startStack,
  startTcpProxy,
  takeEvents,
  type Stack,
  type TcpProxy,
} from '@thuban/testing';
import { commandsIn, expectAcknowledged } from './fixtures/check-log.js';
import { startLoad } from './fixtures/load.js';
import { openTestStore, type TestStore } from './fixtures/store.js';

const never = new AbortController().signal;
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await pass(5);
};

describeWithStack(['mysql'], 'a link to MySQL that fails', () => {
  let stack: Stack;
  let proxy: TcpProxy;
  let store: TestStore;
  let log: EventLog;
  /** Another process, with a link of its own. */
  let other: TestStore;
  beforeAll(async () => (stack = await startStack(['mysql'])), 120_000);
  afterAll(() => stack.stop());
  beforeEach(async () => {
    const url = new URL(await stack.freshDatabase());
    proxy = await startTcpProxy({ port: Number(url.port) });
    other = await openTestStore(url.href);
    url.port = String(proxy.port);
    store = await openTestStore(url.href);
    ({ log } = await store.log('test', 4));
    await log.append(someCommit(someWrite(0, 0)));
  });
  afterEach(async () => {
    await store.close();
    await other.close();
    await proxy.close();
  });
  const otherLog = async (): Promise<EventLog> => (await other.log('test', 4)).log;
  const elapsed = async (work: Promise<unknown>): Promise<number> => {
    const startMs = performance.now();
    await work;
    return performance.now() - startMs;
  };

  it('commits once when the connection is lost after MySQL got the statement: the commit there is found to be ours', async () => {
    const commit = someCommit(someWrite(0, 1, 2), someWrite(2, 0));
    const cut = proxy.cutWhenSent(commit.commitId, 'passed');
    const appended = await log.append(commit);
    await cut;
    const everything = await everythingIn(await otherLog());
    expectDenseAndChained('test', everything);
    expect(everything.map((events) => events.length)).toEqual([3, 0, 1, 0]);
    expect(everything.flat().slice(1)).toEqual(appended);
    await log.append(someCommit(someWrite(0, 3)));
  });

  it('commits once when the connection is lost before MySQL got the statement', async () => {
    const commit = someCommit(someWrite(0, 1, 2));
    const cut = proxy.cutWhenSent(commit.commitId, 'dropped');
    const appended = await log.append(commit);
    await cut;
    expect((await everythingIn(await otherLog())).flat().slice(1)).toEqual(appended);
  });

  it('says that the shard has moved when the statement was lost and another writer took the place (INV-6)', async () => {
    const commit = someCommit(someWrite(0, 1));
    const cut = proxy.cutWhenSent(commit.commitId, 'dropped');
    const appending = log.append(commit).catch((error: unknown) => error);
    await cut;
    proxy.stall();
    await (await otherLog()).append(someCommit(someWrite(0, 1)));
    proxy.flow();
    expect(await appending).toBeInstanceOf(ShardMoved);
    expect((await everythingIn(log))[0]).toHaveLength(2);
  });

  it('answers in about 5 s when nothing passes, at once while that is known, and goes on when it passes again', async () => {
    proxy.stall();
    const commit = someCommit(someWrite(0, 1));
    const tookMs = await elapsed(expect(log.append(commit)).rejects.toBeInstanceOf(LogUnavailable));
    expect(tookMs).toBeLessThan(6500);
    expect(await elapsed(expect(log.tips()).rejects.toBeInstanceOf(LogUnavailable))).toBeLessThan(2500);
    expect(await elapsed(expect(log.append(commit)).rejects.toBeInstanceOf(LogUnavailable))).toBeLessThan(100);
    proxy.flow();
    let seqs: readonly number[] | undefined;
    while (!seqs)
      seqs = await log.tips().then(
        (tips) => tips.map(({ seq }) => seq),
        () => undefined,
      );
    // The stalled statement may have arrived after all: it is the same commit, once or not at all.
    const there = (await log.read(0, 2, 10)).map(({ commitId }) => commitId);
    expect([[], [commit.commitId]]).toContainEqual(there);
    await log.append(someCommit(someWrite(0, seqs[0] ?? 0)));
  }, 20_000);

  it('keeps subscriptions waiting while MySQL is away, says so once, and loses nothing (INV-3)', async () => {
    const taking = takeEvents(log.subscribe(undefined, never), 6);
    await until(() => proxy.connections() > 1);
    proxy.refuse();
    await (await otherLog()).append(someCommit(someWrite(0, 1, 3), someWrite(3, 0, 2)));
    await until(() => store.problems.length > 0);
    await pass(700);
    expect(store.problems).toEqual([expect.stringContaining('its followers wait')]);
    proxy.flow();
    expect((await taking).map(({ shard, seq }) => `${shard}:${seq}`).sort()).toEqual([
      '0:1',
      '0:2',
      '0:3',
      '0:4',
      '3:1',
      '3:2',
    ]);
  }, 20_000);

  it('lets a writer that was cut off do no harm when it is back (INV-6)', async () => {
    proxy.stall();
    const late = log.append(someCommit(someWrite(0, 1), someWrite(1, 0))).catch((error: unknown) => error);
    const mine = await (await otherLog()).append(someCommit(someWrite(1, 0, 2)));
    await pass(200);
    proxy.flow();
    expect(await late).toBeInstanceOf(ShardMoved);
    const everything = await everythingIn(log);
    expectDenseAndChained('test', everything);
    expect([everything[0]?.length, everything[1]]).toEqual([1, mine]);
  });
});

describeWithStack(['mysql'], 'MySQL killed and started again', () => {
  let stack: Stack;
  const stores: TestStore[] = [];
  beforeAll(async () => (stack = await startStack(['mysql'], { own: true })), 120_000);
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  afterAll(() => stack.stop());
  const open = async (url: string): Promise<EventLog> => {
    const store = await openTestStore(url);
    stores.push(store);
    return (await store.log('test', 8)).log;
  };

  it('loses nothing that was acknowledged, in the middle of commits (INV-1, INV-3, INV-4)', async () => {
    const url = await stack.freshDatabase();
    const logs = [await open(url), await open(url)];
    const loads = await Promise.all(logs.map((log, nth) => startLoad({ log, run: `w${nth}`, callers: 16 })));
    for (let round = 0; round < 5; round++) {
      const before = loads.map((load) => load.acknowledged());
      await until(() => loads.every((load, nth) => load.acknowledged() > (before[nth] ?? 0) + 200));
      await pass(Math.random() * 50);
      await stack.order('kill', 'mysql');
      // A short outage is bridged, a longer one is told to the callers.
      if (round % 2 === 0) await until(() => loads.every((load) => load.refused() > round));
      await stack.order('start', 'mysql');
    }
    const results = await Promise.all(loads.map((load) => load.stop()));
    const everything = await everythingIn(await open(url));
    expectDenseAndChained('test', everything);
    const there = commandsIn(everything);
    for (const { ok, slowestRefusalMs } of results) {
      expectAcknowledged(there, ok);
      expect(slowestRefusalMs).toBeLessThan(6000);
    }
    // Refused commands may be there (the outcome was unknown), but nothing else.
    const unexplained = new Set(there);
    for (const { ok, unavailable } of results) for (const id of [...ok, ...unavailable]) unexplained.delete(id);
    expect([...unexplained]).toEqual([]);
  }, 120_000);
});
