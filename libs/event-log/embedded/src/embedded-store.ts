import { LogUnavailable, type EventLog } from '@thuban/event-sourcing';
import { refusalOf } from './connection.js';
import { createConnections } from './connections.js';
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
