import { setImmediate as afterPoll } from 'node:timers/promises';
import {
  CheckpointMismatch,
  createFeed,
  LogUnavailable,
  refuseMalformed,
  rowsOf,
  ShardMoved,
  type Checkpoint,
  type Commit,
  type EventLog,
  type EventRow,
  type Recorded,
  type Tip,
} from '@thuban/event-sourcing';
import type { DomainEvent } from '@thuban/events';
import { isSqliteError, type Connection } from './connection.js';
import type { Connections } from './connections.js';
import { StoreCorrupt } from './errors.js';
import { openEventTable, type EventTable } from './event-table.js';

/** At each open the newest events of every shard are checked against the chain; older ones are when they are read. */
const CHECKED_AT_OPEN = 64;
const READ_BYTES_MAX = 4 * 1024 * 1024;

const checkTails = (table: EventTable, tips: readonly Tip[]): void => {
  for (const [shard, { seq }] of tips.entries()) {
    if (seq === 0) continue;
    const from = Math.max(1, seq - CHECKED_AT_OPEN + 1);
    const last = table.read(shard, from, CHECKED_AT_OPEN, Infinity).at(-1);
    if (last?.event.seq !== seq) throw new StoreCorrupt(`shard ${shard} has a gap before event ${seq}`);
  }
};

/** A log on the connections of its store. `reload` follows a connection that replaces a failed one. */
export const createEmbeddedLog = (
  connections: Connections,
  name: string,
  shards: number,
): { readonly log: EventLog; reload(db: Connection): void } => {
  let table = openEventTable(connections.current(), name, shards);
  let tips = table.tips();
  let closed = false;
  checkTails(table, tips);
  const { id } = table;

  const current = (): EventTable => {
    if (closed) throw new LogUnavailable(`the log "${name}" is closed`);
    connections.current();
    return table;
  };

  const reading = <R>(read: (from: EventTable) => R): R => {
    try {
      return read(current());
    } catch (error) {
      if (error instanceof LogUnavailable || error instanceof StoreCorrupt) throw error;
      const message = `the log "${name}" cannot be read: ${(error as Error).message}`;
      throw isSqliteError(error, 'SQLITE_CORRUPT')
        ? new StoreCorrupt(message, { cause: error })
        : new LogUnavailable(message, { cause: error });
    }
  };

  const readRows = (shard: number, fromSeq: number, max: number, bytesMax: number): EventRow[] => {
    const from = Math.max(1, fromSeq);
    if (max <= 0 || from > (tips[shard]?.seq ?? 0)) return [];
    const rows = reading((source) => source.read(shard, from, max, bytesMax));
    if (rows.length === 0) throw new StoreCorrupt(`event ${from} of shard ${shard} of the log "${name}" is missing`);
    return rows;
  };
  const readAfter = (seqs: readonly number[], max: number): Recorded[] => {
    const events: Recorded[] = [];
    let bytes = 0;
    for (let shard = 0; shard < shards && events.length < max && bytes < READ_BYTES_MAX; shard++)
      for (const { event, body } of readRows(
        shard,
        (seqs[shard] ?? 0) + 1,
        max - events.length,
        READ_BYTES_MAX - bytes,
      )) {
        events.push(event);
        bytes += body.length;
      }
    return events;
  };

  const feed = createFeed({ shards, readAfter, afterPoll });
  feed.noticed(tips);

  const reload = (db: Connection): void => {
    const opened = openEventTable(db, name, shards);
    if (opened.id !== id)
      throw new LogUnavailable(`the log "${name}" was replaced by another one; restart the process`);
    const found = opened.tips();
    checkTails(opened, found);
    table = opened;
    tips = found;
    feed.noticed(found);
  };

  const firstMoved = ({ writes }: Commit): ShardMoved | undefined => {
    const moved = writes.find(({ shard, expectedSeq }) => tips[shard]?.seq !== expectedSeq);
    return moved && new ShardMoved(moved.shard, moved.expectedSeq, tips[moved.shard]?.seq);
  };

  /** After a failed insert only the file knows what became of it. Returns when all rows are there, durably. */
  const recheck = (commit: Commit, rows: readonly EventRow[], error: unknown): void => {
    connections.discard();
    const found = current();
    if (rows.every(({ event }) => found.hashAt(event.shard, event.seq) === event.hash)) return;
    const moved = firstMoved(commit);
    if (moved) throw moved;
    throw new LogUnavailable(`the commit failed and nothing of it was written: ${(error as Error).message}`, {
      cause: error,
    });
  };

  const append = <E extends DomainEvent>(commit: Commit<E>): readonly Recorded<E>[] => {
    refuseMalformed(commit, shards);
    const into = current();
    const moved = firstMoved(commit);
    if (moved) throw moved;
    const rows = rowsOf(name, tips, commit);
    const events = rows.map(({ event }) => event);
    try {
      into.insert(rows);
    } catch (error) {
      if (!isSqliteError(error)) throw error; // A bug, and rolled back.
      recheck(commit, rows, error);
      return events as unknown as readonly Recorded<E>[];
    }
    for (const { shard, seq, hash } of events) tips[shard] = { seq, hash };
    feed.publish(
      events,
      rows.reduce((sum, { body }) => sum + body.length, 0),
    );
    return events as unknown as readonly Recorded<E>[];
  };

  const check = (from: Checkpoint): void => {
    if (from.logId !== id)
      throw new CheckpointMismatch(`the checkpoint is of log ${from.logId}, this is ${id} ("${name}")`);
    if (from.tips.length !== shards)
      throw new CheckpointMismatch(`the checkpoint has ${from.tips.length} shards, the log has ${shards}`);
    for (const [shard, { seq, hash }] of from.tips.entries())
      if (seq > (tips[shard]?.seq ?? 0) || reading((source) => source.hashAt(shard, seq)) !== hash)
        throw new CheckpointMismatch(
          `the log "${name}" does not have the event ${seq} of shard ${shard} that the checkpoint is at`,
        );
  };

  const log: EventLog = {
    name,
    id,
    shards,
    soleWriter: true,
    append: async (commit) => append(commit),
    tips: async () => {
      current(); // After a failure only the file knows the tips.
      return [...tips];
    },
    read: async (shard, fromSeq, max) => readRows(shard, fromSeq, max, READ_BYTES_MAX).map(({ event }) => event),
    subscribe: (from, signal) =>
      feed.subscribe(
        from?.tips.map(({ seq }) => seq) ?? new Array<number>(shards).fill(0),
        signal,
        () => from && check(from),
      ),
    close: async () => {
      closed = true;
      feed.close();
    },
  };
  return { log, reload };
};
