import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { ShardMoved, type EventLog } from '@thuban/event-sourcing';
import {
  describeWithStack,
  everythingIn,
  expectDenseAndChained,
  someCommit,
  someEvent,
  startStack,
  type Stack,
} from '@thuban/testing';
import { commandsIn, expectAcknowledged } from './fixtures/check-log.js';
import { percentile } from './fixtures/load.js';
import { compileWriter, runWriter, type RunningWriter } from './fixtures/run-writer.js';
import { openTestStore } from './fixtures/store.js';

const SHARDS = 32;
const SECONDS = 3;

describeWithStack(['mysql'], 'writers of the same shards', () => {
  const directory = mkdtempSync(join(tmpdir(), 'thuban-writers-'));
  let stack: Stack;
  let program: string;
  beforeAll(async () => {
    program = compileWriter(directory);
    stack = await startStack(['mysql']);
  }, 120_000);
  const running: RunningWriter[] = [];
  const start = async (...args: readonly (string | number)[]): Promise<RunningWriter> => {
    const writer = await runWriter(program, args);
    running.push(writer);
    return writer;
  };
  afterEach(() => {
    for (const writer of running.splice(0)) writer.signal('SIGKILL');
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await stack.stop();
  });

  it.each([2, 4])(
    '%i at full speed: dense, chained, nothing acknowledged is lost, none starves (INV-1, INV-3, INV-4, INV-6)',
    async (count) => {
      const url = await stack.freshDatabase();
      const writers = await Promise.all(
        Array.from({ length: count }, (_, nth) => start(url, 'test', SHARDS, `w${nth}`, 64, 1)),
      );
      await pass(SECONDS * 1000);
      const results = await Promise.all(writers.map((writer) => writer.stop()));
      const store = await openTestStore(url);
      const everything = await everythingIn((await store.log('test', SHARDS)).log);
      await store.close();
      expectDenseAndChained('test', everything);
      const there = commandsIn(everything);
      for (const { ok, latencies, aborted, unavailable } of results) {
        expectAcknowledged(there, ok);
        expect({ aborted, unavailable }).toEqual({ aborted: 0, unavailable: [] });
        expect(percentile(latencies, 0.99)).toBeLessThan(500);
      }
      expect(there.size).toBe(results.reduce((sum, { ok }) => sum + ok.length, 0));
      // Otherwise they did not meet.
      expect(results.reduce((sum, { conflicts }) => sum + conflicts, 0)).toBeGreaterThan(0);
      for (const { commits } of results) expect(commits).toBeGreaterThan(10);
    },
    60_000,
  );

  it('one that is stopped again and again in the middle of its commits does no harm and holds nobody up (INV-1, INV-3, INV-6)', async () => {
    const url = await stack.freshDatabase();
    const [stopped, other] = await Promise.all([
      start(url, 'test', SHARDS, 'stopped', 32, 1),
      start(url, 'test', SHARDS, 'other', 32, 1),
    ]);
    for (let round = 0; round < 4; round++) {
      await pass(200 + Math.random() * 100);
      stopped.signal('SIGSTOP');
      await pass(800);
      stopped.signal('SIGCONT');
    }
    const results = await Promise.all([stopped.stop(), other.stop()]);
    const store = await openTestStore(url);
    const everything = await everythingIn((await store.log('test', SHARDS)).log);
    await store.close();
    expectDenseAndChained('test', everything);
    const there = commandsIn(everything);
    for (const { ok } of results) expectAcknowledged(there, ok);
    expect(results[1].unavailable).toEqual([]);
    expect(results[1].aborted).toBe(0);
    expect(percentile(results[1].latencies, 0.99)).toBeLessThan(500);
    expect(results[0].commits).toBeGreaterThan(10);
  }, 60_000);

  it('two that append to the tips they know of, without looking first: one wins each time (INV-3, INV-4, INV-6)', async () => {
    const url = await stack.freshDatabase();
    const stores = await Promise.all([openTestStore(url), openTestStore(url)]);
    const logs = await Promise.all(stores.map(async (store) => (await store.log('test', 4)).log));
    const appended = new Set<string>();
    let moved = 0;
    const writeOn = async (log: EventLog, run: string): Promise<void> => {
      let seqs = [0, 0, 0, 0];
      for (let nth = 0; nth < 300; nth++) {
        const id = `${run}-${nth}`;
        const shards = [nth % 4, (nth * 3 + 1) % 4].filter((shard, at, all) => all.indexOf(shard) === at);
        const event = (part: number) => ({
          ...someEvent(id),
          event: { type: 'Part', data: { id, part, of: shards.length, padding: '' } },
        });
        const writes = shards.map((shard, part) => ({
          shard,
          expectedSeq: seqs[shard] ?? 0,
          events: [event(part)],
        }));
        try {
          await log.append(someCommit(...writes));
          appended.add(id);
          for (const shard of shards) seqs[shard] = (seqs[shard] ?? 0) + 1;
        } catch (error) {
          if (!(error instanceof ShardMoved)) throw error;
          moved++;
          seqs = (await log.tips()).map(({ seq }) => seq);
        }
      }
    };
    await Promise.all(logs.map((log, nth) => writeOn(log, `w${nth}`)));
    const [everything, other] = await Promise.all(logs.map(everythingIn));
    expect(other).toEqual(everything);
    expectDenseAndChained('test', everything ?? []);
    expect(commandsIn(everything ?? [])).toEqual(appended);
    expect(moved).toBeGreaterThan(20);
    await Promise.all(stores.map((store) => store.close()));
  }, 60_000);
});
