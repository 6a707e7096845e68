import { join } from 'node:path';
import { StartupError } from '@thuban/nest';
import { Sqlite, type SqliteConnection } from '@thuban/sqlite';

/** Stored as `user_version`; raised with every change of the tables below. */
const SCHEMA_VERSION = 1;
/** Stored as `application_id`, so that another database is not taken for ours. */
const APPLICATION_ID = 0x5448_4155;

const SCHEMA = `
  CREATE TABLE reader (id TEXT NOT NULL) STRICT;
  CREATE TABLE log (id TEXT PRIMARY KEY, name TEXT NOT NULL, shards INTEGER NOT NULL) STRICT;
  CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    log_id TEXT NOT NULL, log TEXT NOT NULL, shard INTEGER NOT NULL, seq INTEGER NOT NULL,
    stream TEXT NOT NULL, type TEXT NOT NULL, time_ms INTEGER NOT NULL,
    commit_id TEXT NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL,
    actor TEXT NOT NULL, request_id TEXT NOT NULL,
    UNIQUE (log_id, shard, seq)
  ) STRICT;
  CREATE INDEX event_time ON event (time_ms);
  CREATE INDEX event_actor ON event (actor, time_ms);
  CREATE INDEX event_stream ON event (stream, time_ms);
  CREATE INDEX event_request ON event (request_id, time_ms);
  CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    record_id TEXT NOT NULL UNIQUE,
    action TEXT NOT NULL, subject TEXT, time_ms INTEGER NOT NULL, outcome TEXT NOT NULL,
    actor TEXT NOT NULL, request_id TEXT NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX attempt_time ON attempt (time_ms);
  CREATE INDEX attempt_actor ON attempt (actor, time_ms);
  CREATE TABLE chain_break (
    log_id TEXT NOT NULL, log TEXT NOT NULL, shard INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
    why TEXT NOT NULL, found_ms INTEGER NOT NULL,
    PRIMARY KEY (log_id, shard, seq, kind)
  ) STRICT;
  CREATE TABLE poison (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL, "partition" INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    reason TEXT NOT NULL, why TEXT NOT NULL, found_ms INTEGER NOT NULL,
    UNIQUE (topic, "partition", "offset", reason, why)
  ) STRICT;
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  CREATE TABLE next_offset (
    topic TEXT NOT NULL, "partition" INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    PRIMARY KEY (topic, "partition")
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

const checkFormat = (db: SqliteConnection, file: string): void => {
  const version = Number(db.pragma('user_version', { simple: true }));
  const application = Number(db.pragma('application_id', { simple: true }));
  const tables = Number(db.prepare('SELECT count(*) FROM sqlite_master').pluck().get());
  if (version === 0 && application === 0 && tables === 0) return;
  if (application !== APPLICATION_ID)
    throw new StartupError(`${file} is a database of another program; choose another --data-dir`);
  if (version !== SCHEMA_VERSION)
    throw new StartupError(
      `${file} has format ${version}, this release knows format ${SCHEMA_VERSION}; use the newer release`,
    );
};

const refusalOf = (error: unknown, file: string): StartupError => {
  if (error instanceof StartupError) return error;
  const { code, message } = error as { readonly code?: string; readonly message: string };
  if (code?.startsWith('SQLITE_BUSY'))
    return new StartupError(`${file} is in use by another process; stop it or choose another --data-dir`, 2, {
      cause: error,
    });
  return new StartupError(
    `${file} cannot be used (${message}); move it away, and the audit reads everything again from Kafka and the registry`,
    2,
    { cause: error },
  );
};

/**
 * Opens `audit.db` in a directory that exists, alone, and makes its tables.
 * @throws StartupError in one sentence.
 */
export const openAuditFile = (directory: string): SqliteConnection => {
  const file = join(directory, 'audit.db');
  let db: SqliteConnection | undefined;
  try {
    db = new Sqlite(file, { timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    checkFormat(db, file);
    db.pragma('journal_mode = WAL');
    // What the last moments before a power cut wrote is lost with the offsets that say so, and read again.
    db.pragma('synchronous = NORMAL');
    if (db.pragma('user_version', { simple: true }) === 0) db.transaction(() => void db?.exec(SCHEMA)).exclusive();
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return db;
  } catch (error) {
    db?.close();
    throw refusalOf(error, file);
  }
};
