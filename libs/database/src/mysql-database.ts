import { DatabaseUnavailable } from '@thuban/event-sourcing';
import { createPool, type Pool, type PoolConnection, type ResultSetHeader } from 'mysql2/promise';
import type { EntitySchema } from 'typeorm';
import { mysql, type SqlRow } from './dialect.js';
import { isAboutValues, unavailable } from './errors.js';
import { leasesOn } from './leases.js';
import { migrateMysql } from './mysql-migrations.js';
import type { MysqlAddress } from '@thuban/mysql';
import { mysqlAddress } from './mysql-url.js';
import type { Migration } from './migrations.js';
import type { ReadModelDatabase } from './open-database.js';
import type { Statements } from './statements.js';
import { readerOn, transactionOn } from './transaction.js';

export interface MysqlOptions {
  /** `mysql://user:password@host:port/database`. */
  readonly mysqlUrl: string;
  /** Whose migrations these are: the database is shared. */
  readonly service: string;
  readonly entities: readonly EntitySchema[];
  readonly migrations?: readonly Migration[];
}

const CONNECT_MS = 5_000;
/** No statement takes this long, so the link is dead: a page of rows, or a thousand of them written. */
const ANSWER_MS = 10_000;
const CONNECTIONS_MAX = 8;
const IDLE_MS = 10_000;

/**
 * Strict, so that nothing is cut off silently. A lock is waited for 5 s; a transaction whose process stands still is rolled back after
 * 20 s, so that its locks hold nobody up for longer.
 */
const SESSION = [
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 5, wait_timeout = 20`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

const openPool = ({ host, port, user, password, database }: MysqlAddress): Pool => {
  const pool = createPool({
    ...{ host, port, user, password, database },
    charset: 'utf8mb4',
    supportBigNumbers: true,
    bigNumberStrings: false,
    connectTimeout: CONNECT_MS,
    connectionLimit: CONNECTIONS_MAX,
    maxIdle: 1,
    idleTimeout: IDLE_MS,
    queueLimit: 1000,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
  });
  // Before anything else that the connection is asked: statements of a connection keep their order.
  pool.pool.on('connection', (connection) => {
    connection.on('error', () => undefined); // whoever uses it is told by its own statement
    for (const sql of SESSION) connection.query(sql, (error) => error && connection.destroy());
  });
  return pool;
};

const statementsOn = (connection: Pick<PoolConnection, 'query'>, where: string): Statements => {
  const run = async (sql: string, values: SqlRow = []): Promise<unknown> => {
    try {
      return (await connection.query({ sql, values: [...values], timeout: ANSWER_MS }))[0];
    } catch (error) {
      throw isAboutValues(error) ? error : unavailable(error, where);
    }
  };
  return {
    query: async <R>(sql: string, values?: SqlRow) => (await run(sql, values)) as R[],
    change: async (sql, values) => ((await run(sql, values)) as ResultSetHeader).affectedRows,
  };
};

/** Lends a connection. One that the database failed on is dropped: nobody knows what still comes over it, and its locks go with it. */
const withConnection = async <R>(
  pool: Pool,
  where: string,
  work: (statements: Statements) => Promise<R>,
): Promise<R> => {
  let connection: PoolConnection;
  try {
    connection = await pool.getConnection();
  } catch (error) {
    throw unavailable(error, where);
  }
  try {
    const result = await work(statementsOn(connection, where));
    connection.release();
    return result;
  } catch (error) {
    if (error instanceof DatabaseUnavailable) connection.destroy();
    else connection.release();
    throw error;
  }
};

/** Commits what `work` does, or rolls it back. */
const inTransaction = async <R>(
  statements: Statements,
  start: readonly string[],
  work: () => Promise<R>,
): Promise<R> => {
  for (const sql of start) await statements.change(sql);
  let result: R;
  try {
    result = await work();
  } catch (error) {
    if (!(error instanceof DatabaseUnavailable)) await statements.change('ROLLBACK');
    throw error;
  }
  await statements.change('COMMIT');
  return result;
};

const READ = ['START TRANSACTION'];
/** The view of the first moment for every statement. */
const SNAPSHOT = [
  'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

/** A pool of connections: transactions run beside each other and beside reads. */
export const openMysql = async (options: MysqlOptions): Promise<ReadModelDatabase> => {
  const address = mysqlAddress(options.mysqlUrl);
  await migrateMysql(address, options);
  const pool = openPool(address);
  const { where } = address;
  const withStatements = <R>(work: (statements: Statements) => Promise<R>): Promise<R> =>
    withConnection(pool, where, work);
  const single: Statements = {
    query: (sql, values) => withStatements(({ query }) => query(sql, values)),
    change: (sql, values) => withStatements(({ change }) => change(sql, values)),
  };
  const { query, checkpointOf, activeSlot, parkedEvents } = readerOn(single, mysql);
  return {
    transaction: (work) =>
      withStatements((statements) => inTransaction(statements, READ, () => work(transactionOn(statements, mysql)))),
    snapshot: (work) =>
      withStatements((statements) => inTransaction(statements, SNAPSHOT, () => work(readerOn(statements, mysql)))),
    ...{ query, checkpointOf, activeSlot, parkedEvents },
    ...leasesOn(single, mysql),
    close: () => pool.end(),
  };
};
