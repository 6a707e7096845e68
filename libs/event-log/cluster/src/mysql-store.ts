import { LogUnavailable, type Clock } from '@thuban/event-sourcing';
import { StoreRefused } from './errors.js';
import { parseMysqlUrl } from '@thuban/mysql';
import { createLane, type Lane } from './mysql-lane.js';
import { createMysqlLog, type MysqlLog } from './mysql-log.js';
import { ensureSchema, findLog, findOrCreateLog } from './mysql-schema.js';
import type { Session } from './mysql-session.js';
import { openPrepared, refusalOf, type Server } from './mysql-settings.js';
import { eventTable } from './mysql-table.js';

/** What the MySQL part of a store is opened with. */
export interface MysqlStoreOptions {
  readonly mysqlUrl: string;
  readonly clock: Clock;
  readonly pollMs: number;
  readonly onProblem: (what: string, error: unknown) => void;
  readonly onGap: (log: string, count: number) => void;
  readonly sabotage?: string;
}

/** Logs in one MySQL database: one connection to write and a few to read. */
export interface MysqlStore {
  /** @throws StoreRefused when it exists with another number of shards; DatabaseUnreachable. */
  log(name: string, shards: number): Promise<MysqlLog>;
  counts(): { readonly polls: number; readonly conflicts: number; readonly reconnects: number };
  close(): Promise<void>;
}

const READERS = 3;

/**
 * Connects, checks the settings and creates the tables.
 * @throws StoreRefused in the forms of errors.ts.
 */
export const openMysqlStore = async (options: MysqlStoreOptions): Promise<MysqlStore> => {
  const { clock, pollMs, onProblem, onGap, sabotage } = options;
  const parsed = parseMysqlUrl(options.mysqlUrl);
  if (!parsed.ok) throw new StoreRefused(parsed.sentence);
  const { address } = parsed;
  const counts = { polls: 0, conflicts: 0, reconnects: 0 };
  const logs = new Map<string, Promise<MysqlLog>>();
  const opened = new Set<MysqlLog>();
  let server: Server = { isMariaDb: true, packetBytesMax: 0 };

  const verify = async (session: Session, found: Server): Promise<void> => {
    server = found;
    for (const each of opened) {
      const known = await findLog(session, each.log.name);
      if (known?.id !== each.log.id)
        throw new StoreRefused(
          `the log "${each.log.name}" on ${address.where} was replaced by another one; restart the process`,
        );
      await each.verify(session);
    }
  };
  const lane = (): Lane =>
    createLane({
      open: (onLost) => openPrepared(address, onLost, verify),
      clock,
      onReconnect: () => counts.reconnects++,
    });
  const writer = lane();
  const readers = Array.from({ length: READERS }, lane);

  /** At the start the operator wants the sentence itself. */
  const ask = async <R>(work: (session: Session) => Promise<R>): Promise<R> => {
    try {
      return await work(await writer.session());
    } catch (error) {
      throw refusalOf(error instanceof LogUnavailable && error.cause ? error.cause : error, address);
    }
  };
  const close = async (): Promise<void> => {
    for (const { log } of opened) await log.close();
    // A commit that is on its way is waited for, five seconds at most.
    await writer.alone(() => Promise.resolve());
    for (const each of [writer, ...readers]) each.close();
  };
  try {
    await ask((session) => ensureSchema(session, address));
  } catch (error) {
    await close();
    throw error;
  }

  const open = (name: string, shards: number): Promise<MysqlLog> =>
    writer.alone(() =>
      ask(async (session) => {
        const id = await findOrCreateLog(session, { name, shards, where: address.where });
        const { tips } = await eventTable(name, shards).tips(session);
        const log = createMysqlLog({
          ...{ name, id, shards, tips, writer, readers, clock, pollMs, onProblem },
          server: () => server,
          onGap: (count) => onGap(name, count),
          onPoll: () => counts.polls++,
          onConflict: () => counts.conflicts++,
          ...(sabotage === undefined ? {} : { sabotage }),
        });
        opened.add(log);
        return log;
      }),
    );
  return {
    log: (name, shards) => {
      const key = `${name}/${shards}`;
      const known = logs.get(key) ?? open(name, shards);
      logs.set(key, known);
      known.catch(() => logs.delete(key));
      return known;
    },
    counts: () => counts,
    close,
  };
};
