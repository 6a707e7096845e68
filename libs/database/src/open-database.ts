import type { Database, Leases } from '@thuban/event-sourcing';
import { openMysql, type MysqlOptions } from './mysql-database.js';
import { openSqlite, type SqliteOptions } from './sqlite-database.js';
import type { ReadModelReader, ReadModelTx } from './transaction.js';

/** The database of the read models of a process. */
export interface ReadModelDatabase
  extends Database<ReadModelTx>, Leases, Pick<ReadModelReader, 'query' | 'parkedEvents'> {
  /** Reads rows as they were at one moment, so that they belong to the checkpoint that is read with them. */
  snapshot<R>(work: (reader: ReadModelReader) => Promise<R>): Promise<R>;
}

export type DatabaseOptions = SqliteOptions | MysqlOptions;

/**
 * Opens the database of the read models, creates its tables if need be and runs what migrations it has not seen: a SQLite file, or a
 * database in MySQL or MariaDB that the services share, each with tables and a list of migrations of its own.
 * @throws NewerDatabase when a newer release has changed it; DatabaseRefused for everything else.
 * @example
 * const database = await openDatabase({ file: join(directory, 'read.db'), entities: [instanceSchema], migrations: registryMigrations });
 * const shared = await openDatabase({ mysqlUrl, service: 'registry', entities: [instanceSchema], migrations: registryMigrations });
 */
export const openDatabase = (options: DatabaseOptions): Promise<ReadModelDatabase> =>
  'file' in options ? openSqlite(options) : openMysql(options);
