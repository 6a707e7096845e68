import { createHash, randomUUID } from 'node:crypto';
import { NewerDatabase, StoreCorrupt, StoreRefused } from './errors.js';
import type { MysqlAddress } from '@thuban/mysql';
import { StatementRefused, type Session } from './mysql-session.js';
import { text } from './sql.js';

/** The version of the tables that this release knows. */
export const SCHEMA_VERSION = 1;

const TABLE_OPTIONS = 'ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin';
// No index on `stream`: nothing reads it, and it would cost every commit a page at random.
const TABLES = [
  `CREATE TABLE IF NOT EXISTS \`log\` (
    name VARCHAR(64) NOT NULL,
    id CHAR(36) NOT NULL,
    shards INT NOT NULL,
    PRIMARY KEY (name)
  ) ${TABLE_OPTIONS}`,
  `CREATE TABLE IF NOT EXISTS event (
    log VARCHAR(64) NOT NULL,
    shard SMALLINT UNSIGNED NOT NULL,
    seq BIGINT UNSIGNED NOT NULL,
    stream VARCHAR(2048) NOT NULL,
    type VARCHAR(255) NOT NULL,
    time_ms BIGINT NOT NULL,
    commit_id VARCHAR(255) NOT NULL,
    hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    body MEDIUMTEXT NOT NULL,
    PRIMARY KEY (log, shard, seq)
  ) ${TABLE_OPTIONS}`,
  // Last: whoever finds a version finds the other tables.
  `CREATE TABLE IF NOT EXISTS event_log_schema (version INT NOT NULL, PRIMARY KEY (version)) ${TABLE_OPTIONS}`,
];
const NO_SUCH_TABLE = 1146;
const LOCK_SECONDS = 20;

const versionOf = async (session: Session): Promise<number | undefined> => {
  try {
    const [row] = await session.rows('SELECT MAX(version) FROM event_log_schema');
    return typeof row?.[0] === 'number' ? row[0] : undefined;
  } catch (error) {
    if (error instanceof StatementRefused && error.errno === NO_SUCH_TABLE) return undefined;
    throw error;
  }
};

/** A name of at most 64 characters for GET_LOCK, whose names belong to the whole server. */
export const lockName = (purpose: string, of: string): string =>
  `thuban/${purpose}/${createHash('sha256').update(of).digest('hex').slice(0, 32)}`;

const create = async (session: Session, address: MysqlAddress): Promise<void> => {
  const lock = text(lockName('schema', address.database));
  const [row] = await session.rows(`SELECT GET_LOCK(${lock}, ${LOCK_SECONDS})`, (LOCK_SECONDS + 1) * 1000);
  if (row?.[0] !== 1)
    throw new StoreRefused(
      `another process has been creating the tables on ${address.where} for ${LOCK_SECONDS} s; look at it, and start again`,
    );
  try {
    for (const table of TABLES) await session.write(table, 20_000);
    await session.write(`INSERT IGNORE INTO event_log_schema (version) VALUES (${SCHEMA_VERSION})`);
  } finally {
    await session.rows(`SELECT RELEASE_LOCK(${lock})`);
  }
};

/**
 * Creates the tables where they are missing; several processes may start at once.
 * @throws NewerDatabase when a newer release has changed them.
 */
export const ensureSchema = async (session: Session, address: MysqlAddress): Promise<void> => {
  let version = await versionOf(session);
  if (version === undefined) {
    await create(session, address);
    version = await versionOf(session);
  }
  if (version === undefined || version > SCHEMA_VERSION)
    throw new NewerDatabase(
      `the event log on ${address.where} has format ${version}, this release knows format ${SCHEMA_VERSION}; use the newer release`,
    );
};

/** What the table of logs says. */
export interface KnownLog {
  readonly id: string;
  readonly shards: number;
}

/** @returns nothing when there is no log of this name. */
export const findLog = async (session: Session, name: string): Promise<KnownLog | undefined> => {
  const [row] = await session.rows(`SELECT id, shards FROM \`log\` WHERE name = ${text(name)}`);
  return row && { id: String(row[0]), shards: Number(row[1]) };
};

/**
 * The log's id, which is made by whoever comes first.
 * @throws StoreRefused for another number of shards; StoreCorrupt when there are events of a log that the store does not know.
 */
export const findOrCreateLog = async (
  session: Session,
  { name, shards, where }: { readonly name: string; readonly shards: number; readonly where: string },
): Promise<string> => {
  const literal = text(name);
  let known = await findLog(session, name);
  if (!known) {
    await session.write(
      `INSERT IGNORE INTO \`log\` (name, id, shards) SELECT ${literal}, ${text(randomUUID())}, ${shards} FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM event WHERE log = ${literal})`,
    );
    known = await findLog(session, name);
  }
  if (!known)
    throw new StoreCorrupt(
      `there are events of a log "${name}" on ${where} that the table of logs does not know; restore a backup of all tables`,
    );
  if (known.shards !== shards)
    throw new StoreRefused(
      `the log "${name}" on ${where} has ${known.shards} shards, not ${shards}: the count is fixed when it is created`,
    );
  return known.id;
};
