import { randomUUID } from 'node:crypto';
import { chainHash, GENESIS_HASH, type EventRow, type Tip } from '@thuban/event-sourcing';
import type { EventMeta } from '@thuban/events';
import type { Connection } from './connection.js';
import { StoreCorrupt, StoreRefused } from './errors.js';

/** The statements of one log on one connection. They run synchronously and throw what SQLite throws, or `StoreCorrupt`. */
export interface EventTable {
  readonly id: string;
  /** Writes all rows or none; they are durable when it returns. */
  insert(rows: readonly EventRow[]): void;
  tips(): Tip[];
  /** The hash at a place, `undefined` when there is no event. */
  hashAt(shard: number, seq: number): string | undefined;
  /** Up to `max` events and about `bytesMax` bytes (at least one event), in order; each is checked against the chain. */
  read(shard: number, fromSeq: number, max: number, bytesMax: number): EventRow[];
}

type Row = [seq: number, stream: string, type: string, timeMs: number, commitId: string, hash: string, body: string];

const idOf = (db: Connection, name: string, shards: number): string => {
  const known = db
    .prepare<[string], { id: string; shards: number }>('SELECT id, shards FROM log WHERE name = ?')
    .get(name);
  if (!known) {
    const id = randomUUID();
    db.prepare('INSERT INTO log (name, id, shards) VALUES (?, ?, ?)').run(name, id, shards);
    return id;
  }
  if (known.shards !== shards)
    throw new StoreRefused(
      `the log "${name}" has ${known.shards} shards, not ${shards}: the count is fixed when it is created`,
    );
  return known.id;
};

/**
 * Prepares the statements of a log, creating it when it is new.
 * @throws StoreRefused when the log exists with another number of shards.
 */
export const openEventTable = (db: Connection, name: string, shards: number): EventTable => {
  const id = idOf(db, name, shards);
  const insertRow = db.prepare(
    'INSERT INTO event (log, shard, seq, stream, type, time_ms, commit_id, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const selectTip = db
    .prepare<[string, number], [number, string]>(
      'SELECT seq, hash FROM event WHERE log = ? AND shard = ? ORDER BY seq DESC LIMIT 1',
    )
    .raw();
  const selectHash = db
    .prepare<[string, number, number], string>('SELECT hash FROM event WHERE log = ? AND shard = ? AND seq = ?')
    .pluck();
  const selectFrom = db
    .prepare<[string, number, number, number], Row>(
      'SELECT seq, stream, type, time_ms, commit_id, hash, body FROM event WHERE log = ? AND shard = ? AND seq >= ? ORDER BY seq LIMIT ?',
    )
    .raw();

  const insertAll = db.transaction((rows: readonly EventRow[]) => {
    for (const { event, body } of rows)
      insertRow.run(
        name,
        event.shard,
        event.seq,
        event.stream,
        event.type,
        event.timeMs,
        event.commitId,
        event.hash,
        body,
      );
  }).immediate;

  const tipOf = (shard: number): Tip => {
    const [seq, hash] = selectTip.get(name, shard) ?? [0, GENESIS_HASH];
    return { seq, hash };
  };
  const hashAt = (shard: number, seq: number): string | undefined =>
    seq === 0 ? GENESIS_HASH : selectHash.get(name, shard, seq);

  const checked = (shard: number, previous: string, expectedSeq: number, row: Row): EventRow => {
    const [seq, stream, type, timeMs, commitId, hash, body] = row;
    const place = `event ${expectedSeq} of shard ${shard} of the log "${name}"`;
    if (seq !== expectedSeq) throw new StoreCorrupt(`${place} is missing`);
    if (chainHash(previous, { log: name, shard, seq, stream, type, timeMs, commitId, body }) !== hash)
      throw new StoreCorrupt(`${place} does not fit the hash chain: the file was damaged or changed`);
    const { data, meta } = JSON.parse(body) as { data: object; meta: EventMeta };
    return { event: { type, data, shard, seq, stream, meta, timeMs, commitId, hash }, body };
  };

  const read: EventTable['read'] = (shard, fromSeq, max, bytesMax) => {
    const rows: EventRow[] = [];
    let previous = hashAt(shard, fromSeq - 1);
    if (previous === undefined) return rows;
    let bytes = 0;
    for (const each of selectFrom.iterate(name, shard, fromSeq, max)) {
      const row = checked(shard, previous, fromSeq + rows.length, each);
      rows.push(row);
      previous = row.event.hash;
      bytes += row.body.length;
      if (bytes >= bytesMax) break;
    }
    return rows;
  };

  return {
    id,
    insert: insertAll,
    tips: () => Array.from({ length: shards }, (_, shard) => tipOf(shard)),
    hashAt,
    read,
  };
};

/** Events of a log that the table of logs does not know would otherwise pass for an empty log. */
export const checkNoOrphans = (db: Connection): void => {
  const next = db.prepare<[string], string | null>('SELECT min(log) FROM event WHERE log > ?').pluck();
  const known = db.prepare<[string], number>('SELECT 1 FROM log WHERE name = ?').pluck();
  for (let name = next.get(''); name; name = next.get(name))
    if (!known.get(name)) throw new StoreCorrupt(`there are events of a log "${name}" that the store does not know`);
};
