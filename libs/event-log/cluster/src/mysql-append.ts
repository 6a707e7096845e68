import { LogUnavailable, type Clock, type EventRow } from '@thuban/event-sourcing';
import type { Lane } from './mysql-lane.js';
import { ConnectionLost, StatementRefused, type Session } from './mysql-session.js';
import type { EventTable } from './mysql-table.js';

/** What became of an INSERT: all rows are there durably, or none because somebody was faster. */
export type Inserted = { readonly kind: 'committed' } | { readonly kind: 'moved'; readonly shard: number };
/** Or it has to be sent again, to find out. */
type Attempted = Inserted | { readonly kind: 'unknown'; readonly failure: unknown };

const DUPLICATE = 1062;
const LOCKED = new Set([1205, 1213]);
const TOO_LONG = 1406;
/** Failures while a transaction commits: what is in the log then only the log can say. */
const COMMITTING = new Set([1026, 1180, 1598]);

/** In all, with every attempt to connect again. */
const APPEND_MS = 5000;
/** For one answer: what is left then is for finding out what became of the commit. */
const ANSWER_MS = 3000;
const RETRY_MS = 50;

const shardIn = (message: string): number | undefined => {
  const place = /'.*-(\d+)-\d+' for key/.exec(message);
  return place ? Number(place[1]) : undefined;
};

/** What an INSERT needs. `bytesMax` is the longest statement that the server takes. */
export interface InsertOptions {
  readonly table: EventTable;
  readonly writer: Lane;
  readonly clock: Clock;
  readonly bytesMax: number;
}

/**
 * Commits the rows with one statement, which is its own transaction. When the connection is lost after the statement was sent, it is
 * sent again: it commits, or the hash at its first place says whether the first one did.
 * @throws RangeError for rows that do not fit the table or a packet.
 * @throws LogUnavailable after at most 5 s when that could not be found out, or at once when the statement was refused or not sent.
 */
export const insertRows = async (
  rows: readonly EventRow[],
  { table, writer, clock, bytesMax }: InsertOptions,
): Promise<Inserted> => {
  const sql = table.insertOf(rows);
  // A character has at most three bytes, so that this is seldom counted.
  if (sql.length * 3 > bytesMax && Buffer.byteLength(sql) > bytesMax - 1024)
    throw new RangeError(
      `a commit of ${Buffer.byteLength(sql)} bytes is over the server's max_allowed_packet of ${bytesMax}`,
    );
  const deadlineMs = clock.monotonic() + APPEND_MS;
  const leftMs = (): number => deadlineMs - clock.monotonic();
  /** A statement is on its way of which nobody knows what became. */
  let sent = false;

  const isOurs = async (session: Session): Promise<boolean> => {
    const [first] = rows;
    return first !== undefined && (await table.hashesAt(session, [first.event]))[0] === first.event.hash;
  };
  const settle = async (session: Session, error: StatementRefused): Promise<Attempted> => {
    const moved: Inserted = { kind: 'moved', shard: shardIn(error.message) ?? rows[0]?.event.shard ?? 0 };
    if (error.errno === DUPLICATE) return sent && (await isOurs(session)) ? { kind: 'committed' } : moved;
    if (LOCKED.has(error.errno) && !sent) return moved;
    if (error.errno === TOO_LONG) throw new RangeError(`the commit does not fit the table: ${error.message}`);
    // The lock may be that of our own first statement, which is still under way.
    if (sent || COMMITTING.has(error.errno)) return { kind: 'unknown', failure: error };
    throw new LogUnavailable(`MySQL refused the commit and nothing of it was written: ${error.message}`, {
      cause: error,
    });
  };
  const attempt = async (): Promise<Attempted> => {
    let session: Session | undefined;
    try {
      session = await writer.session();
      await session.write(sql, Math.min(ANSWER_MS, leftMs()));
      return { kind: 'committed' };
    } catch (error) {
      if (error instanceof StatementRefused && session) return settle(session, error);
      if (session || sent) return { kind: 'unknown', failure: error };
      throw error;
    }
  };

  for (;;) {
    const attempted = await attempt().catch((error: unknown): Attempted => {
      if (error instanceof ConnectionLost) return { kind: 'unknown', failure: error };
      throw error;
    });
    if (attempted.kind !== 'unknown') return attempted;
    sent = true;
    if (leftMs() <= RETRY_MS)
      throw new LogUnavailable('MySQL is away; whether the commit is in the log will be seen when it is back', {
        cause: attempted.failure,
      });
    await clock.after(RETRY_MS);
  }
};
