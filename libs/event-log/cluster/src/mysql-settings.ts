import { DatabaseUnreachable, DurabilityRefused, StoreRefused } from './errors.js';
import type { MysqlAddress } from '@thuban/mysql';
import { ConnectionLost, messageOf, openSession, StatementRefused, type Session } from './mysql-session.js';

/** What the store needs to know of the server. */
export interface Server {
  readonly isMariaDb: boolean;
  /** The longest statement that it takes, in bytes. */
  readonly packetBytesMax: number;
}

const SESSION_SETTINGS = `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 2, SESSION autocommit = 1`;
const SERVER_SETTINGS = `SELECT VERSION(), @@max_allowed_packet, @@global.innodb_flush_log_at_trx_commit, @@global.log_bin, @@session.sql_log_bin, @@global.sync_binlog, @@global.read_only, @@global.innodb_read_only`;
/** A group commit has at most 4.5 million characters of 3 bytes. */
const PACKET_BYTES_MIN = 16 * 1024 * 1024;

const durabilityComplaint = (row: readonly number[]): string | undefined => {
  const [flush, logBin, sessionLogBin, syncBinlog, readOnly, innodbReadOnly] = row;
  if (readOnly !== 0 || innodbReadOnly !== 0)
    return 'is read-only, as a replica is; give the address of the primary, or set read_only = 0';
  if (flush !== 1)
    return `has innodb_flush_log_at_trx_commit = ${flush}, so that a power loss takes back what was acknowledged; set it to 1`;
  if (logBin !== 1 || sessionLogBin !== 1)
    return 'has no binary log, so that events are seen before they are on disk; start it with log_bin';
  if (syncBinlog !== 1)
    return `has sync_binlog = ${syncBinlog}, so that events are seen before they are on disk; set it to 1`;
  return undefined;
};

/**
 * Makes a connection ready and looks at the settings that durability rests on.
 * @throws DurabilityRefused when they do not hold; StoreRefused when statements may be too long for it.
 */
export const prepare = async (session: Session, where: string): Promise<Server> => {
  await session.write(SESSION_SETTINGS);
  const [version, packet, ...settings] = (await session.rows(SERVER_SETTINGS))[0] ?? [];
  const complaint = durabilityComplaint(settings.map(Number));
  if (complaint) throw new DurabilityRefused(`MySQL at ${where} ${complaint}`);
  const packetBytesMax = Number(packet);
  if (packetBytesMax < PACKET_BYTES_MIN)
    throw new StoreRefused(
      `MySQL at ${where} has max_allowed_packet = ${packetBytesMax}, too little for a commit; set it to ${PACKET_BYTES_MIN} or more`,
    );
  return { isMariaDb: String(version).includes('MariaDB'), packetBytesMax };
};

const NOT_LET_IN = [1045, 1698];
const NOT_ALLOWED = [1044, 1142, 1143, 1227, 1370];
const NO_DATABASE = 1049;

const sentenceFor = (errno: number, message: string, address: MysqlAddress): string | undefined => {
  const { where, user, database } = address;
  if (NOT_LET_IN.includes(errno))
    return `MySQL at ${where} does not let the user "${user}" in (${message}); correct the user or the password`;
  if (NOT_ALLOWED.includes(errno))
    return `the user "${user}" may not do what the store needs on ${where} (${message}); GRANT ALL on \`${database}\`.* to it`;
  if (errno === NO_DATABASE) return `MySQL at ${where} has no database "${database}"; create it, or correct the URL`;
  return undefined;
};

/** The sentence for an error of opening: the cause is kept, the password is in none of it. */
export const refusalOf = (error: unknown, address: MysqlAddress): StoreRefused => {
  if (error instanceof StoreRefused) return error;
  const errno = (error as { readonly errno?: unknown }).errno;
  const message = messageOf(error);
  // Numbers below zero are the operating system's.
  const known = typeof errno === 'number' && errno > 0 && sentenceFor(errno, message, address);
  if (known) return new StoreRefused(known, { cause: error });
  if (error instanceof StatementRefused)
    return new StoreRefused(`MySQL at ${address.where} cannot be used: ${message}`, { cause: error });
  return new DatabaseUnreachable(
    `MySQL at ${address.where} cannot be reached (${message}); start it, or correct the URL`,
    { cause: error },
  );
};

/**
 * A connection that is ready for use, or a sentence for the operator. `check` may add what else has to hold.
 * @throws StoreRefused in the forms of errors.ts.
 */
export const openPrepared = async (
  address: MysqlAddress,
  onLost: () => void,
  check: (session: Session, server: Server) => Promise<void>,
): Promise<Session> => {
  let session: Session | undefined;
  try {
    session = await openSession(address, onLost);
    await check(session, await prepare(session, address.where));
    return session;
  } catch (error) {
    session?.destroy();
    throw refusalOf(error instanceof ConnectionLost ? (error.cause ?? error) : error, address);
  }
};
