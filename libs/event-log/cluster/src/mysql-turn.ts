import type { Clock } from '@thuban/event-sourcing';
import { lockName } from './mysql-schema.js';
import { StatementRefused, type Session } from './mysql-session.js';
import { text } from './sql.js';

/**
 * Keeps a writer that lost its commit to others from losing it for ever: for its next try it takes an advisory turn, for which the
 * others wait a moment. Nothing is wrong when two have it or nobody has.
 */
export interface Turn {
  /** An expression: the number of the connection that has the turn, or NULL. */
  readonly holder: string;
  /** The last append met another writer's. */
  lost(): void;
  /** Before the tips are read: takes the turn, or waits for it at most 50 ms, when the last append lost. */
  take(session: Session): Promise<void>;
  /** When somebody else has the turn: waits for it at most 50 ms. @returns whether it waited, so that the tips are old. */
  giveWay(session: Session, holder: unknown): Promise<boolean>;
  /** The append that the turn was taken for has succeeded, or will not come. */
  release(): void;
}

const WAIT_MS = 50;
/** Whoever has the turn and does not append within this time gives it up. */
const HOLD_MS = 100;
/** A holder for whom the wait was in vain may be stopped or cut off: for this long nobody waits for it again. */
const IGNORE_MS = 1000;

export const createTurn = (
  logId: string,
  { isMariaDb, clock }: { readonly isMariaDb: () => boolean; readonly clock: Pick<Clock, 'monotonic'> },
): Turn => {
  const lock = text(lockName('turn', logId));
  let hasLost = false;
  let ignoreUntilMs = -Infinity;
  let held: { readonly session: Session; readonly timer: NodeJS.Timeout } | undefined;

  /** MySQL waits in whole seconds, so there the wait is ended by the limit of the statement. */
  const acquire = async (session: Session): Promise<boolean> => {
    const sql = isMariaDb()
      ? `SELECT GET_LOCK(${lock}, ${WAIT_MS / 1000})`
      : `SELECT /*+ MAX_EXECUTION_TIME(${WAIT_MS}) */ GET_LOCK(${lock}, 1)`;
    try {
      return (await session.rows(sql))[0]?.[0] === 1;
    } catch (error) {
      if (error instanceof StatementRefused) return false;
      throw error;
    }
  };
  // Not waited for: the next statement of the connection comes after it. A connection that is lost has lost the turn too.
  const give = (session: Session): void => void session.rows(`SELECT RELEASE_LOCK(${lock})`).catch(() => undefined);
  const release = (): void => {
    hasLost = false;
    if (!held) return;
    clearTimeout(held.timer);
    give(held.session);
    held = undefined;
  };

  return {
    holder: `IS_USED_LOCK(${lock})`,
    lost: () => void (hasLost = true),
    take: async (session) => {
      if (!hasLost || held?.session === session) return;
      if (held) clearTimeout(held.timer);
      held = undefined;
      if (await acquire(session)) held = { session, timer: setTimeout(release, HOLD_MS) };
    },
    giveWay: async (session, holder) => {
      const now = clock.monotonic();
      if (holder === null || holder === session.connectionId || now < ignoreUntilMs) return false;
      if (await acquire(session)) give(session);
      else ignoreUntilMs = clock.monotonic() + IGNORE_MS;
      return true;
    },
    release,
  };
};
