import { rowsOf, type EventLog, type Recorded } from '@thuban/event-sourcing';
import {
  describeWithStack,
  everythingIn,
  someCommit,
  someWrite,
  startStack,
  takeEvents,
  type Stack,
} from '@thuban/testing';
import { openTestStore, type TestStore } from './fixtures/store.js';
import { parseMysqlUrl } from '@thuban/mysql';
import { openSession } from './mysql-session.js';
import { eventTable } from './mysql-table.js';

/** The checks of the other specs, on logs with a bug: each must be caught. */
describeWithStack(['mysql'], 'a planted bug is caught', () => {
  let stack: Stack;
  let url: string;
  let stores: TestStore[];
  beforeAll(async () => (stack = await startStack(['mysql'])), 120_000);
  afterAll(() => stack.stop());
  beforeEach(async () => {
    stores = [];
    url = await stack.freshDatabase();
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
  });
  const open = async (sabotage?: string): Promise<EventLog> => {
    const store = await openTestStore(url, { pollMs: 20, ...(sabotage === undefined ? {} : { sabotage }) });
    stores.push(store);
    return (await store.log('test', 4)).log;
  };

  it('ack-before-commit: an acknowledged commit is not there (INV-1)', async () => {
    const [log, other] = [await open('ack-before-commit'), await open()];
    await log.tips();
    await other.append(someCommit(someWrite(0, 0)));
    const [acknowledged] = await log.append(someCommit(someWrite(0, 0)));
    expect((await everythingIn(other))[0]?.map(({ commitId }) => commitId)).not.toContain(acknowledged?.commitId);
  });

  it('append-without-tip-check: a commit that was decided on an old state is there (INV-6)', async () => {
    const [log, other] = [await open('append-without-tip-check'), await open()];
    await log.tips();
    await other.append(someCommit(someWrite(0, 0)));
    await log.append(someCommit(someWrite(0, 0)));
    expect((await everythingIn(other))[0]).toHaveLength(2);
  });

  it('gap-skipped: a follower misses what another process has appended (INV-3)', async () => {
    const [log, other] = [await open('gap-skipped'), await open()];
    const batches = log.subscribe(undefined, new AbortController().signal)[Symbol.asyncIterator]();
    const first = batches.next();
    await other.append(someCommit(someWrite(0, 0)));
    await first;
    const second = batches.next();
    const { feed } = (await stores[0]?.log('test', 4)) ?? {};
    const [, later] = await other.append(someCommit(someWrite(0, 1, 2)));
    if (later) feed?.publish([later], 1);
    expect(((await second).value as readonly Recorded[]).map(({ seq }) => seq)).toEqual([3]);
  });

  it.each([
    ['auto-increment-cursor', ['2:1']],
    ['nothing', ['1:1', '2:1']],
  ])('%s: of two events, of which the first committed last, a follower sees %j (INV-3)', async (sabotage, seen) => {
    const log = await open(sabotage === 'nothing' ? undefined : sabotage);
    const other = await open();
    const taken: string[] = [];
    const abort = new AbortController();
    const following = (async () => {
      for await (const batch of log.subscribe(undefined, abort.signal))
        taken.push(...batch.map(({ shard, seq }) => `${shard}:${seq}`));
    })();
    while ((stores[0]?.counts().polls ?? 0) < 2) await new Promise(setImmediate);
    const parsed = parseMysqlUrl(url);
    if (!parsed.ok) throw new Error(parsed.sentence);
    const slow = await openSession(parsed.address, () => undefined);
    await slow.write('BEGIN');
    await slow.write(eventTable('test', 4).insertOf(rowsOf('test', [], someCommit(someWrite(1, 0)))));
    await other.append(someCommit(someWrite(2, 0)));
    while (!taken.includes('2:1')) await new Promise(setImmediate);
    await slow.write('COMMIT');
    const polls = stores[0]?.counts().polls ?? 0;
    while ((stores[0]?.counts().polls ?? 0) < polls + 5) await new Promise(setImmediate);
    expect(taken.sort()).toEqual(seen);
    expect(await takeEvents(other.subscribe(undefined, abort.signal), 2)).toHaveLength(2);
    slow.destroy();
    abort.abort();
    await following;
  });
});
