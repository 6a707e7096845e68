import { chainHash, GENESIS_HASH, type EventRow, type Tip } from '@thuban/event-sourcing';
import type { EventMeta } from '@thuban/events';
import { StoreCorrupt } from './errors.js';
import type { Row, Session } from './mysql-session.js';
import { text } from './sql.js';

/** A place to read from: this event and what follows it in the shard. */
export interface Place {
  readonly shard: number;
  readonly seq: number;
}

/** The statements of one log. */
export interface EventTable {
  /** One statement that writes all rows or none, in the order of their shards. */
  insertOf(rows: readonly EventRow[]): string;
  /** The tips of all shards at one moment; `also` is an expression whose value comes along. */
  tips(session: Session, also?: string): Promise<{ readonly tips: Tip[]; readonly also: Row[number] }>;
  /** The hashes at these places, in their order; `undefined` where there is no event. */
  hashesAt(session: Session, places: readonly Place[]): Promise<(string | undefined)[]>;
  /** Up to `max` events and about 4 MiB (at least one) from these places on, by shard, each checked against the chain. @throws StoreCorrupt. */
  read(session: Session, places: readonly Place[], max: number): Promise<EventRow[]>;
}

const READ_LENGTH_MAX = 4 * 1024 * 1024;
const COLUMNS = 'log, shard, seq, stream, type, time_ms, commit_id, hash, body';

/** @example const table = eventTable('registry', 32); await session.write(table.insertOf(rows)); */
export const eventTable = (name: string, shards: number): EventTable => {
  const log = text(name);
  const numbers = Array.from({ length: shards }, (_, shard) => `SELECT ${shard}${shard === 0 ? ' AS shard' : ''}`);
  // A descent to the end of each shard. The optimizer takes "MAX(seq) … GROUP BY shard" for a walk over the whole log.
  const tipOf = `SELECT CONCAT(seq, ' ', hash) FROM event WHERE log = ${log} AND shard = number.shard ORDER BY seq DESC LIMIT 1`;
  const selectTips = `number.shard, (${tipOf}) FROM (${numbers.join(' UNION ALL ')}) AS number`;

  const valuesOf = ({ event, body }: EventRow): string => {
    const { shard, seq, stream, type, timeMs, commitId, hash } = event;
    return `(${log},${shard},${seq},${text(stream)},${text(type)},${timeMs},${text(commitId)},'${hash}',${text(body)})`;
  };

  const checked = (row: Row, previous: string, expectedSeq: number): EventRow => {
    const [shard, seq, stream, type, timeMs, commitId, hash, body] = row as [
      ...[number, number, string, string, number, string, string, string],
    ];
    const place = `event ${expectedSeq} of shard ${shard} of the log "${name}"`;
    if (seq !== expectedSeq) throw new StoreCorrupt(`${place} is missing`);
    if (chainHash(previous, { log: name, shard, seq, stream, type, timeMs, commitId, body }) !== hash)
      throw new StoreCorrupt(`${place} does not fit the hash chain: the table was damaged or changed`);
    const { data, meta } = JSON.parse(body) as { data: object; meta: EventMeta };
    return { event: { type, data, shard, seq, stream, meta, timeMs, commitId, hash }, body };
  };

  /** The rows begin with the event before each place, for its hash. */
  const checkedFrom = (rows: readonly Row[], places: readonly Place[]): EventRow[] => {
    const events: EventRow[] = [];
    const wanted = new Map(places.map(({ shard, seq }) => [shard, seq]));
    let at: { readonly shard: number; readonly seq: number; readonly hash: string } | undefined;
    for (const row of rows) {
      const [shard, seq] = [Number(row[0]), Number(row[1])];
      const from = wanted.get(shard) ?? 1;
      if (seq < from) {
        at = { shard, seq, hash: String(row[6]) };
        continue;
      }
      const previous = at?.shard === shard ? at : { seq: 0, hash: GENESIS_HASH };
      if (previous.seq < from - 1)
        throw new StoreCorrupt(`event ${from - 1} of shard ${shard} of the log "${name}" is missing`);
      const checkedRow = checked(row, previous.hash, previous.seq + 1);
      events.push(checkedRow);
      at = { shard, seq, hash: checkedRow.event.hash };
    }
    return events;
  };

  return {
    insertOf: (rows) => {
      const ordered = [...rows].sort((a, b) => a.event.shard - b.event.shard || a.event.seq - b.event.seq);
      return `INSERT INTO event (${COLUMNS}) VALUES ${ordered.map(valuesOf).join(',')}`;
    },
    tips: async (session, also = 'NULL') => {
      const tips = Array.from({ length: shards }, (): Tip => ({ seq: 0, hash: GENESIS_HASH }));
      const rows = await session.rows(`SELECT ${also}, ${selectTips}`);
      for (const [, shard, tip] of rows) {
        if (typeof tip !== 'string') continue;
        const [seq, hash = ''] = tip.split(' ');
        tips[Number(shard)] = { seq: Number(seq), hash };
      }
      return { tips, also: rows[0]?.[0] ?? null };
    },
    hashesAt: async (session, places) => {
      const asked = places.filter(({ seq }) => seq > 0);
      const rows = await (asked.length === 0
        ? []
        : session.rows(
            `SELECT shard, seq, hash FROM event WHERE log = ${log} AND (${asked.map(({ shard, seq }) => `shard = ${shard} AND seq = ${seq}`).join(' OR ')})`,
          ));
      const hashes = new Map(rows.map(([shard, seq, hash]) => [`${shard}/${seq}`, String(hash)]));
      return places.map(({ shard, seq }) => (seq === 0 ? GENESIS_HASH : hashes.get(`${shard}/${seq}`)));
    },
    read: async (session, places, max) => {
      if (places.length === 0 || max <= 0) return [];
      const ranges = places.map(({ shard, seq }) => `shard = ${shard} AND seq >= ${Math.max(1, seq - 1)}`);
      const before = places.map(({ shard, seq }) => `(${shard},${seq - 1})`).join(',');
      const rows = await session.firstRows(
        `SELECT shard, seq, stream, type, time_ms, commit_id, hash, IF((shard, seq) IN (${before}), '', body) FROM event FORCE INDEX (PRIMARY) WHERE log = ${log} AND (${ranges.join(' OR ')}) ORDER BY shard, seq LIMIT ${max + places.length}`,
        READ_LENGTH_MAX,
      );
      return checkedFrom(rows, places).slice(0, max);
    },
  };
};
