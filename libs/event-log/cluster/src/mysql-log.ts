import { setImmediate as afterPoll } from 'node:timers/promises';
import {
  CheckpointMismatch,
  createFeed,
  LogUnavailable,
  refuseMalformed,
  rowsOf,
  ShardMoved,
  type Checkpoint,
  type Clock,
  type Commit,
  type EventLog,
  type EventRow,
  type Feed,
  type Recorded,
  type Tip,
} from '@thuban/event-sourcing';
import type { DomainEvent } from '@thuban/events';
import { createArrivals } from './arrivals.js';
import { insertRows } from './mysql-append.js';
import { askAny, type Lane } from './mysql-lane.js';
import { ConnectionLost, type Session } from './mysql-session.js';
import type { Server } from './mysql-settings.js';
import { eventTable, type Place } from './mysql-table.js';
import { createTurn } from './mysql-turn.js';
import { createIdCursor } from './planted-cursor.js';
import { createPoll } from './poll.js';

/** What a log in MySQL needs. */
export interface MysqlLogOptions {
  readonly name: string;
  readonly id: string;
  readonly shards: number;
  /** The tips when it was opened. */
  readonly tips: readonly Tip[];
  readonly writer: Lane;
  readonly readers: readonly Lane[];
  readonly server: () => Server;
  readonly clock: Clock;
  readonly pollMs: number;
  /** Told once when followers cannot read, until they can again. */
  readonly onProblem: (what: string, error: unknown) => void;
  readonly onGap: (count: number) => void;
  readonly onPoll: () => void;
  readonly onConflict: () => void;
  readonly sabotage?: string;
}

/** A log in MySQL, and what carries its events inside this process. */
export interface MysqlLog {
  readonly log: EventLog;
  /** Takes what Kafka brings (`feed.publish`); the log's own appends and the poll of the table come by themselves. */
  readonly feed: Feed;
  /** How often the tips of the table are read while somebody subscribes. `undefined`: as the store was opened with. */
  setPollMs(pollMs: number | undefined): void;
  /** The tips in the table now, read beside the writer: takes no turn. @throws LogUnavailable. */
  tips(): Promise<readonly Tip[]>;
  /**
   * Looks whether the server still has the log and the end of it that this process has seen, on each new connection of the writer.
   * @throws LogUnavailable when it has not.
   */
  verify(session: Session): Promise<void>;
}

const RETRY_MS = 250;
const placesAfter = (seqs: readonly number[], known: readonly number[]): Place[] =>
  known.flatMap((seq, shard) => (seq > (seqs[shard] ?? 0) ? [{ shard, seq: (seqs[shard] ?? 0) + 1 }] : []));
const seqsOf = (tips: readonly Tip[]): number[] => tips.map(({ seq }) => seq);
const lengthOf = (rows: readonly EventRow[]): number => rows.reduce((sum, { body }) => sum + body.length, 0);

/** @example const { log, feed } = createMysqlLog({ name: 'registry', id, shards: 32, … }); */
export const createMysqlLog = (options: MysqlLogOptions): MysqlLog => {
  const { name, id, shards, writer, readers, clock, sabotage } = options;
  const table = eventTable(name, shards);
  const turn = createTurn(id, { isMariaDb: () => options.server().isMariaDb, monotonic: () => clock.monotonic() });
  const arrivals = createArrivals();
  /** As the table was when the writer last looked: only the writer's lane changes it. */
  let tips: readonly Tip[] = options.tips;
  /** The newest that anybody here has read. */
  const seen = [...options.tips];
  let closed = false;
  let troubled = false;

  const refuseClosed = (): void => {
    if (closed) throw new LogUnavailable(`the log "${name}" is closed`);
  };
  const noteSeen = (found: readonly Tip[]): void => {
    for (const [shard, tip] of found.entries()) if (tip.seq > (seen[shard]?.seq ?? 0)) seen[shard] = tip;
  };
  const setTips = (found: readonly Tip[]): void => {
    tips = found;
    noteSeen(found);
  };
  const readTips = async (): Promise<readonly Tip[]> => {
    refuseClosed();
    const { tips: found } = await askAny(readers, (session) => table.tips(session));
    noteSeen(found);
    return found;
  };

  /** Waits for MySQL as long as it takes: a follower has nothing better to do. */
  const patiently = async <R>(ask: () => Promise<R>): Promise<R> => {
    for (;;)
      try {
        refuseClosed();
        const answer = await ask();
        troubled = false;
        return answer;
      } catch (error) {
        if (closed || !(error instanceof LogUnavailable)) throw error;
        if (!troubled) options.onProblem(`the log "${name}" cannot be read; its followers wait`, error);
        troubled = true;
        await clock.after(RETRY_MS);
      }
  };

  const readAfter = async (seqs: readonly number[], max: number): Promise<readonly Recorded[]> => {
    const places = placesAfter(seqs, feed.seqs());
    const rows = await patiently(() => askAny(readers, (session) => table.read(session, places, max)));
    return rows.map(({ event }) => event);
  };
  const feed = createFeed({
    ...{ shards, readAfter, afterPoll, onGap: options.onGap },
    skipGaps: sabotage === 'gap-skipped' || sabotage === 'auto-increment-cursor',
  });
  const cursor = sabotage === 'auto-increment-cursor' ? createIdCursor(name) : undefined;
  feed.noticed(tips);

  /** Runs `ask` on the writer's connection; a connection that was closed while nobody used it is no reason to fail. */
  const askWriter = async <R>(ask: (session: Session) => Promise<R>): Promise<R> => {
    const session = await writer.session();
    try {
      return await ask(session);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    try {
      return await ask(await writer.session());
    } catch (error) {
      throw error instanceof ConnectionLost ? new LogUnavailable(error.message, { cause: error }) : error;
    }
  };

  /** A tip that went back is that of a restored backup: what was decided on the lost events must not be appended behind the gap. */
  const refuseLost = (found: readonly Tip[]): void => {
    const shard = tips.findIndex(({ seq, hash }, nth) => {
      const now = found[nth];
      return !now || now.seq < seq || (now.seq === seq && now.hash !== hash);
    });
    if (shard >= 0)
      throw new LogUnavailable(
        `shard ${shard} of the log "${name}" went back, as after a restored backup; restart the process`,
      );
  };

  /** Takes what others have appended, all of it with one statement, to the followers and to whoever reads it next. */
  const noteTips = async (session: Session, found: readonly Tip[]): Promise<void> => {
    refuseLost(found);
    const places = placesAfter(seqsOf(tips), seqsOf(found));
    setTips(found);
    if (places.length === 0) return;
    const rows = await table.read(session, places, 1000);
    const events = rows.map(({ event }) => event);
    arrivals.add(events);
    if (cursor) return;
    feed.publish(events, lengthOf(rows));
    feed.noticed(found);
  };

  const readTipsInTurn = (): Promise<readonly Tip[]> =>
    writer.alone(() => {
      refuseClosed();
      return askWriter(async (session) => {
        await turn.take(session);
        const first = await table.tips(session, turn.holder);
        const gaveWay = await turn.giveWay(session, first.also);
        await noteTips(session, (gaveWay ? await table.tips(session) : first).tips);
        return tips;
      });
    });

  const firstMoved = ({ writes }: Commit): ShardMoved | undefined => {
    const moved = writes.find(({ shard, expectedSeq }) => tips[shard]?.seq !== expectedSeq);
    return moved && new ShardMoved(moved.shard, moved.expectedSeq, tips[moved.shard]?.seq);
  };
  const conflict = (moved: ShardMoved): ShardMoved => {
    turn.lost();
    options.onConflict();
    return moved;
  };

  const append = async <E extends DomainEvent>(commit: Commit<E>): Promise<readonly Recorded<E>[]> => {
    refuseClosed();
    refuseMalformed(commit, shards);
    turn.begun();
    if (firstMoved(commit)) await askWriter(async (session) => noteTips(session, (await table.tips(session)).tips));
    const stale = firstMoved(commit);
    if (stale) throw conflict(stale);
    const rows = rowsOf(name, tips, commit);
    const inserting = insertRows(rows, { table, writer, clock, bytesMax: options.server().packetBytesMax });
    if (sabotage === 'ack-before-commit') inserting.catch(() => undefined);
    const inserted = sabotage === 'ack-before-commit' ? ({ kind: 'committed' } as const) : await inserting;
    if (inserted.kind === 'moved') {
      const { shard } = inserted;
      if (sabotage === 'append-without-tip-check') return appendAnyway(commit);
      throw conflict(new ShardMoved(shard, tips[shard]?.seq ?? 0));
    }
    turn.release();
    const events = rows.map(({ event }) => event);
    const next = [...tips];
    for (const { shard, seq, hash } of events) next[shard] = { seq, hash };
    setTips(next);
    if (!cursor) feed.publish(events, lengthOf(rows));
    return events as unknown as readonly Recorded<E>[];
  };
  const appendAnyway = async <E extends DomainEvent>(commit: Commit<E>): Promise<readonly Recorded<E>[]> => {
    await askWriter(async (session) => noteTips(session, (await table.tips(session)).tips));
    const writes = commit.writes.map((write) => ({ ...write, expectedSeq: tips[write.shard]?.seq ?? 0 }));
    return append({ ...commit, writes });
  };

  const read = async (shard: number, fromSeq: number, max: number): Promise<readonly Recorded[]> => {
    refuseClosed();
    const from = Math.max(1, fromSeq);
    const arrived = arrivals.from(shard, from, max);
    if (arrived.length > 0 || max <= 0 || shard < 0 || shard >= shards) return arrived;
    const rows = await askAny(readers, (session) => table.read(session, [{ shard, seq: from }], max));
    return rows.map(({ event }) => event);
  };

  const check = async (from: Checkpoint | undefined): Promise<void> => {
    feed.noticed(await patiently(readTips));
    if (!from) return;
    if (from.logId !== id)
      throw new CheckpointMismatch(`the checkpoint is of log ${from.logId}, this is ${id} ("${name}")`);
    if (from.tips.length !== shards)
      throw new CheckpointMismatch(`the checkpoint has ${from.tips.length} shards, the log has ${shards}`);
    const lost = await patiently(() => askAny(readers, (session) => firstLost(session, from.tips)));
    if (lost)
      throw new CheckpointMismatch(
        `the log "${name}" does not have the event ${lost.seq} of shard ${lost.shard} that the checkpoint is at`,
      );
  };
  const firstLost = async (session: Session, known: readonly Tip[]): Promise<Place | undefined> => {
    const places = known.map(({ seq }, shard) => ({ shard, seq }));
    const hashes = await table.hashesAt(session, places);
    return places.find(({ shard }) => hashes[shard] !== known[shard]?.hash);
  };

  const poll = createPoll({
    ...{ clock, pollMs: options.pollMs },
    run: async () => {
      if (feed.subscribers() === 0) return;
      if (cursor) feed.publish(await patiently(() => askAny(readers, cursor.next)), 0);
      else feed.noticed(await patiently(readTips));
      options.onPoll();
    },
    onProblem: (error) => closed || options.onProblem(`the tips of the log "${name}" cannot be read`, error),
  });

  const log: EventLog = {
    name,
    id,
    shards,
    soleWriter: false,
    append: (commit) => writer.alone(() => append(commit)),
    tips: readTipsInTurn,
    read,
    subscribe: (from, signal) =>
      feed.subscribe(from ? seqsOf(from.tips) : new Array<number>(shards).fill(0), signal, () => check(from)),
    close: async () => {
      closed = true;
      poll.end();
      turn.release();
      feed.close();
    },
  };
  return {
    log,
    feed,
    setPollMs: poll.setMs,
    tips: readTips,
    verify: async (session) => {
      const lost = await firstLost(session, seen);
      if (lost)
        throw new LogUnavailable(
          `MySQL no longer has the event ${lost.seq} of shard ${lost.shard} of the log "${name}", as after a restored backup; restart the process`,
        );
    },
  };
};
