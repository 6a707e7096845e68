import type { Checkpoint, Database, ProjectionTx } from '@thuban/event-sourcing';
import { Sqlite } from '@thuban/sqlite';
import { DataSource, type EntityManager, type EntitySchema, type Logger, type QueryRunner } from 'typeorm';
import { checkpointSchema, loadCheckpoint, movedRows, sameCheckpoint } from './checkpoints.js';
import { inChunks, sqlite, type SqlValue } from './dialect.js';
import { DatabaseRefused, NewerDatabase } from './errors.js';
import { migrationClass, ownMigrations, type Migration } from './migrations.js';

/** Rows as values in the order of the columns. */
export type SqlRow = readonly SqlValue[];

/** What a read model may do in a transaction. */
export interface ReadModelTx extends ProjectionTx {
  /** Inserts rows or replaces those with the same key, many a statement. Of two rows with the same key the later wins. */
  upsert(
    table: string,
    columns: readonly string[],
    keyColumns: readonly string[],
    rows: readonly SqlRow[],
  ): Promise<void>;
  /** Deletes the rows with these keys. */
  deleteWhere(table: string, keyColumns: readonly string[], keys: readonly SqlRow[]): Promise<void>;
  /** The rows of a SELECT; for other statements the driver's word. */
  query<R = unknown>(sql: string, parameters?: readonly SqlValue[]): Promise<R[]>;
  readonly manager: EntityManager;
}

/** The database of the read models of a process. */
export interface ReadModelDatabase extends Database<ReadModelTx> {
  /** Reads committed rows: waits for the transaction that runs, since both use one connection. Inside a transaction ask its `tx`. */
  query<R = unknown>(sql: string, parameters?: readonly SqlValue[]): Promise<R[]>;
  /** As `query`, through TypeORM's entity manager. */
  read<R>(work: (manager: EntityManager) => Promise<R>): Promise<R>;
}

export interface DatabaseOptions {
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

const transactionOn = (runner: QueryRunner): ReadModelTx => {
  const upsert: ReadModelTx['upsert'] = async (table, columns, keyColumns, rows) => {
    for (const chunk of inChunks(rows, sqlite.rowsMax(columns.length))) {
      await runner.query(sqlite.upsert(table, columns, keyColumns, chunk.length), chunk.flat());
      await afterPoll();
    }
  };
  return {
    upsert,
    deleteWhere: async (table, keyColumns, keys) => {
      for (const chunk of inChunks(keys, sqlite.rowsMax(keyColumns.length)))
        await runner.query(sqlite.deleteWhere(table, keyColumns, chunk.length), chunk.flat());
    },
    query: (sql, parameters = []) => runner.query(sql, [...parameters]),
    manager: runner.manager,
    saveCheckpoint: async (projection: string, previous: Checkpoint | undefined, next: Checkpoint) => {
      if (!sameCheckpoint(await loadCheckpoint(runner, projection), previous)) return false;
      const moved = movedRows(projection, previous, next).map((row) => [
        row.projection,
        row.shard,
        row.logId,
        row.seq,
        row.hash,
      ]);
      await upsert('checkpoint', ['projection', 'shard', 'log_id', 'seq', 'hash'], ['projection', 'shard'], moved);
      const shards = next.tips.length;
      if (previous && previous.tips.length > shards)
        await runner.query('DELETE FROM checkpoint WHERE projection = ? AND shard >= ?', [projection, shards]);
      return true;
    },
  };
};

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
const silent: Logger = {
  logQuery: ignore,
  logQueryError: ignore,
  logQuerySlow: ignore,
  logSchemaBuild: ignore,
  logMigration: ignore,
  log: ignore,
};

const refuseNewer = async (source: DataSource, file: string, known: ReadonlySet<string>): Promise<void> => {
  const [table] = await source.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'");
  if (!table) return;
  const done = (await source.query('SELECT name FROM migrations')) as readonly { readonly name: string }[];
  const unknown = done.find(({ name }) => !known.has(name));
  if (unknown)
    throw new NewerDatabase(
      `${file} was changed by a newer release ("${unknown.name}"); use that release, or delete the file: it is made anew from the log`,
    );
};

const DAMAGE = /^SQLITE_(CORRUPT|NOTADB)/;

const refusalOf = (error: unknown, file: string): DatabaseRefused => {
  const { code = '', message } = error as Error & { readonly code?: string };
  const advice = DAMAGE.test(code) ? '; delete it: it is made anew from the log' : '';
  return new DatabaseRefused(`the database ${file} cannot be used: ${message}${advice}`, { cause: error });
};

const connect = async ({ file, entities, migrations = [] }: DatabaseOptions): Promise<DataSource> => {
  const all = [...ownMigrations, ...migrations];
  const source = new DataSource({
    type: 'better-sqlite3',
    driver: Sqlite,
    database: file,
    entities: [checkpointSchema, ...entities],
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
  try {
    await source.initialize();
    await refuseNewer(source, file, new Set(all.map(({ name }) => name)));
    await source.runMigrations({ transaction: 'each' });
    // From here on a lock of somebody else (a person with the sqlite3 shell) fails the transaction, which is tried again: waiting for it
    // would stop the event loop, by default for five seconds each time.
    await source.query('PRAGMA busy_timeout = 0');
    return source;
  } catch (error) {
    if (source.isInitialized) await source.destroy();
    throw error instanceof NewerDatabase ? error : refusalOf(error, file);
  }
};

/**
 * Opens the database of the read models, creates it if need be and runs what migrations it has not seen.
 * @throws NewerDatabase when a newer release has changed it; DatabaseRefused for everything else.
 * @example
 * const database = await openDatabase({ file: join(directory, 'read.db'), entities: [instanceSchema], migrations: registryMigrations });
 */
export const openDatabase = async (options: DatabaseOptions): Promise<ReadModelDatabase> => {
  const source = await connect(options);
  const runner = source.createQueryRunner();
  const alone = oneAtATime();
  const tx = transactionOn(runner);
  return {
    transaction: (work) =>
      alone(async () => {
        await runner.startTransaction();
        try {
          const result = await work(tx);
          await runner.commitTransaction();
          return result;
        } catch (error) {
          await rollBack(runner);
          throw error;
        }
      }),
    checkpointOf: (projection) => alone(() => loadCheckpoint(runner, projection)),
    query: (sql, parameters = []) =>
      alone(() => runner.query(sql, [...parameters])).catch((error: unknown) => {
        throw DAMAGE.test((error as { readonly code?: string }).code ?? '') ? refusalOf(error, options.file) : error;
      }),
    read: (work) => alone(() => work(source.manager)),
    close: () => alone(() => source.destroy()),
  };
};
