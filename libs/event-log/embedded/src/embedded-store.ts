import { LogUnavailable, type EventLog } from '@thuban/event-sourcing';
import { closeQuietly, openConnection, refusalOf, type Connection } from './connection.js';
import { createEmbeddedLog } from './embedded-log.js';
import { checkNoOrphans } from './event-table.js';

/** One SQLite file that holds named logs. The process that has it open is its only reader and writer. */
export interface EmbeddedStore {
  /**
   * The log with this name, created when it is new; the same one for each call.
   * @throws StoreRefused when it exists with another number of shards, or is damaged.
   */
  log(name: string, shards: number): EventLog;
  /** Ends all subscriptions and releases the directory. */
  close(): Promise<void>;
}

/** What a log sees of its store: the connection, and a way out of one that failed. */
export interface Connections {
  /**
   * The open connection; after a failure the file is opened anew first.
   * @throws LogUnavailable while that fails, or when the store is closed.
   */
  current(): Connection;
  /** Gives up a connection that failed: what it says about the file cannot be trusted any more. */
  discard(): void;
}

const createConnections = (file: string, onOpened: (db: Connection) => void) => {
  let closed = false;
  const open = (again: boolean): Connection => {
    const opened = openConnection(file, again);
    try {
      onOpened(opened);
      return opened;
    } catch (error) {
      closeQuietly(opened);
      throw error instanceof LogUnavailable ? error : refusalOf(error, file);
    }
  };
  let db: Connection | undefined = open(false);
  const discard = (): void => {
    closeQuietly(db);
    db = undefined;
  };
  return {
    current: (): Connection => {
      if (closed) throw new LogUnavailable('the event log is closed');
      try {
        return (db ??= open(true));
      } catch (error) {
        if (error instanceof LogUnavailable) throw error;
        throw new LogUnavailable(`the event log could not be opened again: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
    discard,
    close: (): void => {
      closed = true;
      discard();
    },
  };
};

/**
 * Opens (or creates) the store at `file`, with the directory if need be.
 * @throws DirectoryInUse, NewerDatabase, DirectoryUnusable, StoreCorrupt (all are StoreRefused).
 */
export const openEmbeddedStore = async (file: string): Promise<EmbeddedStore> => {
  const logs: ReturnType<typeof createEmbeddedLog>[] = [];
  const connections = createConnections(file, (db) => {
    checkNoOrphans(db);
    for (const each of logs) each.reload(db);
  });
  return {
    log: (name, shards) => {
      const known = logs.find(({ log }) => log.name === name && log.shards === shards);
      if (known) return known.log;
      try {
        const created = createEmbeddedLog(connections, name, shards);
        logs.push(created);
        return created.log;
      } catch (error) {
        throw error instanceof LogUnavailable ? error : refusalOf(error, file);
      }
    },
    close: async () => {
      for (const { log } of logs) await log.close();
      connections.close();
    },
  };
};

/** Where an embedded log lives. */
export interface EmbeddedLogOptions {
  /** Path of the SQLite file, usually `<data directory>/log.db`. */
  readonly file: string;
  readonly name: string;
  readonly shards: number;
}

/**
 * A store with a single log; closing the log closes it.
 * @throws StoreRefused in the forms of errors.ts.
 * @example const log = await openEmbeddedLog({ file: join(dataDirectory, 'log.db'), name: REGISTRY_LOG, shards: REGISTRY_SHARDS });
 */
export const openEmbeddedLog = async ({ file, name, shards }: EmbeddedLogOptions): Promise<EventLog> => {
  const store = await openEmbeddedStore(file);
  try {
    const log = store.log(name, shards);
    const closeLog = log.close.bind(log);
    return {
      ...log,
      close: async () => {
        await closeLog();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
};
