import type { SqliteConnection } from '@thuban/sqlite';

/** Whether a command changed something, or why not. */
export type Outcome = 'committed' | 'denied' | 'refused' | 'failed';

/** What is searched for; everything that is named must hold. */
export interface Wanted {
  readonly actor?: string | undefined;
  readonly stream?: string | undefined;
  /** The type of an event, or the command of an attempt. */
  readonly type?: string | undefined;
  readonly requestId?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** Unix milliseconds, included. */
  readonly sinceMs?: number | undefined;
  /** Unix milliseconds, not included. */
  readonly untilMs?: number | undefined;
}

/** A place in the list: newest first, attempts before events of the same millisecond. */
export interface Place {
  readonly timeMs: number;
  readonly kind: number;
  readonly id: number;
}

/** One line of the list, of an event or an attempt. `body` is as it was recorded. */
export interface Line extends Place {
  readonly outcome: Outcome;
  readonly type: string;
  readonly stream: string | null;
  readonly actor: string;
  readonly requestId: string;
  readonly body: string;
  readonly log: string | null;
  readonly shard: number | null;
  readonly seq: number | null;
  readonly commitId: string | null;
  readonly hash: string | null;
}

const EVENTS = `SELECT time_ms AS timeMs, 0 AS kind, id, 'committed' AS outcome, type, stream, actor, request_id AS requestId, body,
  log, shard, seq, commit_id AS commitId, hash FROM event`;
const ATTEMPTS = `SELECT time_ms AS timeMs, 1 AS kind, id, outcome, action AS type, subject AS stream, actor, request_id AS requestId, body,
  NULL AS log, NULL AS shard, NULL AS seq, NULL AS commitId, NULL AS hash FROM attempt`;

type Column = 'actor' | 'stream' | 'type' | 'requestId';
const COLUMNS: readonly (readonly [Column, event: string, attempt: string])[] = [
  ['actor', 'actor', 'actor'],
  ['stream', 'stream', 'subject'],
  ['type', 'type', 'action'],
  ['requestId', 'request_id', 'request_id'],
];

interface Part {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const partOf = (kind: 0 | 1, wanted: Wanted, after: Place | undefined, limit: number): Part => {
  const conditions: (readonly [sql: string, ...values: (string | number)[]])[] = [];
  for (const [name, event, attempt] of COLUMNS) {
    const value = wanted[name];
    if (value !== undefined) conditions.push([`${kind === 0 ? event : attempt} = ?`, value]);
  }
  if (wanted.sinceMs !== undefined) conditions.push(['time_ms >= ?', wanted.sinceMs]);
  if (wanted.untilMs !== undefined) conditions.push(['time_ms < ?', wanted.untilMs]);
  if (kind === 1 && wanted.outcome !== undefined) conditions.push(['outcome = ?', wanted.outcome]);
  if (after) {
    // Of this kind comes what is older, and of the same moment what the order has after the place.
    const { timeMs, kind: afterKind, id } = after;
    if (kind > afterKind) conditions.push(['time_ms < ?', timeMs]);
    else if (kind < afterKind) conditions.push(['time_ms <= ?', timeMs]);
    else conditions.push(['(time_ms, id) < (?, ?)', timeMs, id]);
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`;
  return {
    sql: `SELECT * FROM (${kind === 0 ? EVENTS : ATTEMPTS}${where} ORDER BY time_ms DESC, id DESC LIMIT ?)`,
    values: [...conditions.flatMap(([, ...values]) => values), limit],
  };
};

/** Up to `limit` events and attempts after a place, newest first. */
export const search = (
  db: SqliteConnection,
  wanted: Wanted,
  after: Place | undefined,
  limit: number,
): readonly Line[] => {
  const { outcome } = wanted;
  const kinds: readonly (0 | 1)[] = outcome === undefined ? [0, 1] : [outcome === 'committed' ? 0 : 1];
  const parts = kinds.map((kind) => partOf(kind, wanted, after, limit));
  const sql = `${parts.map((part) => part.sql).join(' UNION ALL ')} ORDER BY timeMs DESC, kind DESC, id DESC LIMIT ?`;
  return db.prepare(sql).all(...parts.flatMap(({ values }) => values), limit) as Line[];
};
