import { DatabaseUnavailable } from '@thuban/event-sourcing';
import { Sqlite } from '@thuban/sqlite';
import { DataSource, type EntitySchema, type Logger, type QueryRunner } from 'typeorm';
import { sqlite } from './dialect.js';
import { DatabaseRefused, driverError, isAboutValues, NewerDatabase, unavailable } from './errors.js';
import { leasesOn } from './leases.js';
import { migrate, migrationClass, ownEntities, ownMigrations, type Migration } from './migrations.js';
import type { ReadModelDatabase } from './open-database.js';
import type { Statements } from './statements.js';
import { readerOn, transactionOn } from './transaction.js';

export interface SqliteOptions {
  /** Path of the SQLite file, usually `<data directory>/read.db`; its directory is created. */
  readonly file: string;
  readonly entities: readonly EntitySchema[];
  readonly migrations?: readonly Migration[];
}

/** Lets one task run at a time, in the order of the calls. */
const oneAtATime = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <R>(task: () => Promise<R>): Promise<R> => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
};

/** The driver is synchronous: between two statements the sockets get their turn, however many rows a transaction has. */
const afterPoll = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const rollBack = async (runner: QueryRunner): Promise<void> => {
  try {
    await runner.rollbackTransaction();
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full, but TypeORM still counts a transaction.
    await runner.query('BEGIN');
    await runner.rollbackTransaction();
  }
};

const ignore = (): void => undefined;
/** Failures are thrown, with their cause; TypeORM would also print them to the console. */
export const silent: Logger = {
  logQuery: ignore,
  logQueryError: ignore,
  logQuerySlow: ignore,
  logSchemaBuild: ignore,
  logMigration: ignore,
  log: ignore,
};

const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/;

const codeOf = (error: unknown): string => {
  const { code } = driverError(error);
  return typeof code === 'string' ? code : '';
};
const isDamage = (error: unknown): boolean => DAMAGE.test(codeOf(error));

/** What a statement's error is thrown as. One without a code of SQLite is the driver's word on what it was given. */
const thrownFor = (error: unknown, file: string): unknown => {
  if (isDamage(error)) return new DatabaseUnavailable(refusalOf(error, file).message, { cause: error });
  return isAboutValues(error) || !codeOf(error).startsWith('SQLITE_') ? error : unavailable(error, file);
};

const refusalOf = (error: unknown, file: string): DatabaseRefused => {
  const advice = isDamage(error) ? '; delete it: it is made anew from the log' : '';
  return new DatabaseRefused(`the database ${file} cannot be used: ${(error as Error).message}${advice}`, {
    cause: error,
  });
};

const connect = async ({ file, entities, migrations = [] }: SqliteOptions): Promise<DataSource> => {
  const all = [...ownMigrations, ...migrations];
  const source = new DataSource({
    type: 'better-sqlite3',
    driver: Sqlite,
    database: file,
    entities: [...ownEntities, ...entities],
    migrations: all.map(migrationClass),
    logger: silent,
    enableWAL: true,
    prepareDatabase: (db: { pragma(text: string): unknown }) => {
      // The log is the truth: after a power loss the last rows are projected again from the checkpoint that is on disk.
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = NORMAL');
      // 2 MB, SQLite's own default; the driver's is 16 MB. Rows are read when a process starts and rewritten key by key after that: more pages
      // in memory of their own, beside those that the operating system keeps, save no CPU.
      db.pragma('cache_size = -2000');
    },
  });
  const newer = (step: string): string =>
    `${file} was changed by a newer release ("${step}"); use that release, or delete the file: it is made anew from the log`;
  try {
    await source.initialize();
    await migrate(source, all, newer);
    // From here on a lock of somebody else (a person with the sqlite3 shell) fails the transaction, which is tried again: waiting for it
    // would stop the event loop, by default for five seconds each time.
    await source.query('PRAGMA busy_timeout = 0');
    return source;
  } catch (error) {
    if (source.isInitialized) await source.destroy();
    throw error instanceof NewerDatabase ? error : refusalOf(error, file);
  }
};

const statementsOn = (runner: QueryRunner, file: string): Statements => {
  const run = async (sql: string, parameters: readonly unknown[] = []) => {
    try {
      return await runner.query(sql, [...parameters], true);
    } catch (error) {
      throw thrownFor(error, file);
    }
  };
  return {
    query: async <R>(sql: string, parameters?: readonly unknown[]) => (await run(sql, parameters)).records as R[],
    change: async (sql, parameters) => (await run(sql, parameters)).affected ?? 0,
  };
};

/** One connection for everything: whoever reads waits for the transaction that runs. Inside a transaction ask its `tx`. */
export const openSqlite = async (options: SqliteOptions): Promise<ReadModelDatabase> => {
  const source = await connect(options);
  const runner = source.createQueryRunner();
  const alone = oneAtATime();
  const statements = statementsOn(runner, options.file);
  const tx = transactionOn(statements, sqlite, afterPoll);
  const reader = readerOn(statements, sqlite);
  const named = async (asked: Promise<void>): Promise<void> => {
    try {
      await asked;
    } catch (error) {
      throw thrownFor(error, options.file);
    }
  };
  const { lease, releaseLease } = leasesOn(statements, sqlite);
  return {
    transaction: (work) =>
      alone(async () => {
        await named(runner.startTransaction());
        try {
          const result = await work(tx);
          await named(runner.commitTransaction());
          return result;
        } catch (error) {
          await rollBack(runner);
          throw error;
        }
      }),
    snapshot: (work) => alone(() => work(reader)),
    checkpointOf: (name) => alone(() => reader.checkpointOf(name)),
    activeSlot: (projection) => alone(() => reader.activeSlot(projection)),
    parkedEvents: (name) => alone(() => reader.parkedEvents(name)),
    query: (sql, parameters) => alone(() => reader.query(sql, parameters)),
    lease: (...asked) => alone(() => lease(...asked)),
    releaseLease: (...asked) => alone(() => releaseLease(...asked)),
    close: () => alone(() => source.destroy()),
  };
};
