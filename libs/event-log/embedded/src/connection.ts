import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Sqlite, type SqliteConnection } from '@thuban/sqlite';
import { DirectoryInUse, DirectoryUnusable, NewerDatabase, StoreCorrupt, StoreRefused } from './errors.js';

/** One open SQLite file. */
export type Connection = SqliteConnection;

/** Stored as `user_version`; raised with every change of the tables below. */
const SCHEMA_VERSION = 1;
/** Stored as `application_id`, so that somebody else's database is not taken for ours. */
const APPLICATION_ID = 0x5448_5542;

/** Files up to this size are checked page by page at each open. */
const PAGES_CHECKED_MAX = 512 * 1024 * 1024;

// A table with rowids: events are appended to one page of it, where a clustered key would touch a page per shard in every commit.
// No index on `stream`: it would more than double what a commit writes, and nothing reads it yet.
const SCHEMA = `
  CREATE TABLE log (name TEXT PRIMARY KEY, id TEXT NOT NULL, shards INTEGER NOT NULL) STRICT;
  CREATE TABLE event (
    log TEXT NOT NULL COLLATE BINARY,
    shard INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    stream TEXT NOT NULL COLLATE BINARY,
    type TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    commit_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (log, shard, seq)
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * True for an error of SQLite with this primary code or one of its extended codes, for instance `SQLITE_IOERR`; without a code for any.
 * By its code and not by its class: the native part throws the class of whoever loaded it first into the process.
 */
export const isSqliteError = (error: unknown, code = 'SQLITE'): boolean => {
  const found = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof found === 'string' && (found === code || found.startsWith(`${code}_`));
};

/** What an error while opening means to the operator: a StoreRefused, whatever it was. */
export const refusalOf = (error: unknown, file: string): StoreRefused => {
  if (error instanceof StoreRefused) return error;
  const cause = { cause: error };
  const { message } = error as Error;
  if (isSqliteError(error, 'SQLITE_BUSY'))
    return new DirectoryInUse(
      `the data directory ${dirname(file)} is in use by another process; stop it or choose another directory`,
      cause,
    );
  if (isSqliteError(error, 'SQLITE_CORRUPT') || isSqliteError(error, 'SQLITE_NOTADB'))
    return new StoreCorrupt(
      `the event log ${file} is damaged (${message}); restore a backup or start with an empty directory`,
      cause,
    );
  if (isSqliteError(error, 'SQLITE_ERROR'))
    return new StoreCorrupt(`the event log ${file} has not the tables that it should have (${message})`, cause);
  return new DirectoryUnusable(`the data directory ${dirname(file)} cannot be used: ${message}`, cause);
};

const checkFormat = (db: Connection, file: string): void => {
  const version = Number(db.pragma('user_version', { simple: true }));
  const application = Number(db.pragma('application_id', { simple: true }));
  const tables = Number(db.prepare('SELECT count(*) FROM sqlite_master').pluck().get());
  if (version === 0 && application === 0 && tables === 0) return;
  if (application !== APPLICATION_ID) throw new StoreCorrupt(`${file} is a database of another program`);
  if (version > SCHEMA_VERSION)
    throw new NewerDatabase(
      `${file} has format ${version}, this release knows format ${SCHEMA_VERSION}; use the newer release`,
    );
  if (version !== SCHEMA_VERSION) throw new StoreCorrupt(`${file} claims the unknown format ${version}`);
};

/** Takes about a millisecond per MiB, all of it on the event loop, hence the bound and hence only when a process starts; what it would miss in a larger file, the chain shows when it is read. */
const checkPages = (db: Connection, file: string): void => {
  const bytes = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  if (bytes > PAGES_CHECKED_MAX) return;
  const damage = db.pragma('quick_check(1)', { simple: true });
  if (damage !== 'ok') throw new StoreCorrupt(`the event log ${file} is damaged (${damage})`);
};

/**
 * Opens the file, alone: the exclusive lock stays until it is closed.
 * What recovery found in the write-ahead log is moved into the database and synced before anybody sees it: a commit whose sync had failed
 * may be found there without being on disk.
 * `again`: this process has checked the pages already. While a disk is full every command tries to open the file, and must not stop
 * everything else for as long as it takes to read all of it; the tails, where a failed commit would show, are checked each time.
 * @throws StoreRefused in the forms of errors.ts.
 */
export const openConnection = (file: string, again = false): Connection => {
  let db: Connection | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    db = new Sqlite(file, { timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    checkFormat(db, file);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    // 4 MiB: larger moves of the write-ahead log into the database are no faster in all, and hold up one commit for longer.
    db.pragma('wal_autocheckpoint = 1000');
    db.pragma('cache_size = -2000'); // 2 MB, not the driver's 16: events are appended, and read once
    if (db.pragma('user_version', { simple: true }) === 0) db.transaction(() => void db?.exec(SCHEMA)).exclusive();
    db.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${SCHEMA_VERSION}; ROLLBACK`); // A file that can only be read is found out now, not by the first command.
    if (!again) checkPages(db, file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    return db;
  } catch (error) {
    closeQuietly(db);
    throw refusalOf(error, file);
  }
};

/** Closes a connection that may be beyond use. */
export const closeQuietly = (db: Connection | undefined): void => {
  try {
    db?.close();
  } catch {
    // The file is left as it is: recovery at the next open decides what it holds.
  }
};
