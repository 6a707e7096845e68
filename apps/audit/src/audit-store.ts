import { randomUUID } from 'node:crypto';
import { GENESIS_HASH, type Tip } from '@thuban/event-sourcing';
import type { SqliteConnection } from '@thuban/sqlite';
import type { Batch, ChainBreak, KeptEvent, KnownLog, Poison, PoisonReason } from './kept.js';

/** A poison record or a break with the time at which it was found. */
export type Found<T> = T & { readonly foundMs: number };

/** Everything that the audit keeps. All of it is synchronous; a batch is one transaction. */
export interface AuditStore {
  /** Random, made with the file: the name of this reader among the consumer groups of Kafka. */
  readonly readerId: string;
  write(batch: Batch, nowMs: number): void;
  logs(): readonly KnownLog[];
  /** The newest event of a shard. */
  tip(logId: string, shard: number): Tip;
  hashAt(logId: string, shard: number, seq: number): string | undefined;
  /** Up to `max` events of a shard from a seq on. */
  read(logId: string, shard: number, fromSeq: number, max: number): readonly KeptEvent[];
  nextOffsets(topic: string): ReadonlyMap<number, number>;
  breaks(): readonly Found<ChainBreak>[];
  breakCount(): number;
  /** The newest, newest first. */
  poison(max: number): readonly Found<Poison>[];
  counts(): AuditCounts;
  readonly db: SqliteConnection;
  close(): void;
}

/** Since the file was made. */
export interface AuditCounts {
  readonly events: number;
  readonly attempts: number;
  readonly duplicates: number;
  readonly poison: Readonly<Record<PoisonReason, number>>;
}

/** Poison records that are kept to be looked at; all are counted. */
const POISON_KEPT = 1000;

const EVENT_COLUMNS = `log_id AS logId, log, shard, seq, stream, type, time_ms AS timeMs, commit_id AS commitId, hash, body,
  actor, request_id AS requestId`;

const writerOn = (db: SqliteConnection) => {
  const addLog = db.prepare('INSERT OR IGNORE INTO log (id, name, shards) VALUES (@id, @name, @shards)');
  const addEvent =
    db.prepare(`INSERT INTO event (log_id, log, shard, seq, stream, type, time_ms, commit_id, hash, body, actor, request_id)
    VALUES (@logId, @log, @shard, @seq, @stream, @type, @timeMs, @commitId, @hash, @body, @actor, @requestId)`);
  const addAttempt =
    db.prepare(`INSERT OR IGNORE INTO attempt (record_id, action, subject, time_ms, outcome, actor, request_id, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const addBreak = db.prepare(`INSERT OR IGNORE INTO chain_break (log_id, log, shard, seq, kind, why, found_ms)
    VALUES (@logId, @log, @shard, @seq, @kind, @why, @foundMs)`);
  const addPoison = db.prepare(`INSERT OR IGNORE INTO poison (topic, "partition", "offset", reason, why, found_ms)
    VALUES (@topic, @partition, @offset, @reason, @why, @foundMs)`);
  const boundPoison = db.prepare('DELETE FROM poison WHERE id <= (SELECT max(id) FROM poison) - ?');
  const count = db.prepare(
    'INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value',
  );
  const moveOffset =
    db.prepare(`INSERT INTO next_offset (topic, "partition", "offset") VALUES (@topic, @partition, @offset)
    ON CONFLICT (topic, "partition") DO UPDATE SET "offset" = excluded."offset"`);

  return db.transaction((batch: Batch, foundMs: number): void => {
    const { logs = [], events = [], breaks = [], attempts = [], poison = [], duplicates = 0, next } = batch;
    for (const log of logs) addLog.run(log);
    for (const event of events) addEvent.run(event);
    for (const each of breaks) addBreak.run({ ...each, foundMs });
    let repeats = duplicates;
    for (const { id, attempt } of attempts) {
      const { action, subject = null, time, outcome, actor, requestId } = attempt;
      const row = [id, action, subject, Date.parse(time), outcome, actor, requestId, JSON.stringify(attempt)];
      if (addAttempt.run(...row).changes === 0) repeats++;
    }
    for (const each of poison) {
      // A record that comes again, because the reading was interrupted, counts once.
      if (addPoison.run({ ...each, foundMs }).changes > 0) count.run(`poison ${each.reason}`, 1);
    }
    if (poison.length > 0) boundPoison.run(POISON_KEPT);
    if (events.length > 0) count.run('events', events.length);
    if (attempts.length > 0) count.run('attempts', attempts.length + duplicates - repeats);
    if (repeats > 0) count.run('duplicates', repeats);
    if (next) moveOffset.run(next);
  });
};

const readerIdOn = (db: SqliteConnection): string => {
  const known = db.prepare('SELECT id FROM reader').pluck().get();
  if (typeof known === 'string') return known;
  const made = randomUUID();
  db.prepare('INSERT INTO reader (id) VALUES (?)').run(made);
  return made;
};

/** @example const store = auditStore(openAuditFile(directory)); store.write({ events, next }, Date.now()); */
export const auditStore = (db: SqliteConnection): AuditStore => {
  const write = writerOn(db);
  const logs = db.prepare('SELECT id, name, shards FROM log ORDER BY rowid');
  const tip = db.prepare('SELECT seq, hash FROM event WHERE log_id = ? AND shard = ? ORDER BY seq DESC LIMIT 1');
  const hashAt = db.prepare('SELECT hash FROM event WHERE log_id = ? AND shard = ? AND seq = ?').pluck();
  const read = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM event WHERE log_id = ? AND shard = ? AND seq >= ? ORDER BY seq LIMIT ?`,
  );
  const offsets = db.prepare('SELECT "partition", "offset" FROM next_offset WHERE topic = ?').raw();
  const breaks = db.prepare(
    'SELECT log_id AS logId, log, shard, seq, kind, why, found_ms AS foundMs FROM chain_break ORDER BY found_ms, shard, seq LIMIT 1000',
  );
  const breakCount = db.prepare('SELECT count(*) FROM chain_break').pluck();
  const poison = db.prepare(
    'SELECT topic, "partition", "offset", reason, why, found_ms AS foundMs FROM poison ORDER BY id DESC LIMIT ?',
  );
  const counters = db.prepare('SELECT name, value FROM counter').raw();
  return {
    db,
    readerId: readerIdOn(db),
    write: (batch, nowMs) => void write(batch, nowMs),
    logs: () => logs.all() as KnownLog[],
    tip: (logId, shard) => (tip.get(logId, shard) as Tip | undefined) ?? { seq: 0, hash: GENESIS_HASH },
    hashAt: (logId, shard, seq) => hashAt.get(logId, shard, seq) as string | undefined,
    read: (logId, shard, fromSeq, max) => read.all(logId, shard, fromSeq, max) as KeptEvent[],
    nextOffsets: (topic) => new Map(offsets.all(topic) as [number, number][]),
    breaks: () => breaks.all() as Found<ChainBreak>[],
    breakCount: () => Number(breakCount.get()),
    poison: (max) => poison.all(max) as Found<Poison>[],
    counts: () => {
      const values = new Map(counters.all() as [string, number][]);
      const of = (name: string): number => values.get(name) ?? 0;
      const poisonOf = (reason: PoisonReason): number => of(`poison ${reason}`);
      return {
        events: of('events'),
        attempts: of('attempts'),
        duplicates: of('duplicates'),
        poison: {
          foreign: poisonOf('foreign'),
          unknown: poisonOf('unknown'),
          malformed: poisonOf('malformed'),
          forged: poisonOf('forged'),
          schema: poisonOf('schema'),
        },
      };
    },
    close: () => void db.close(),
  };
};
