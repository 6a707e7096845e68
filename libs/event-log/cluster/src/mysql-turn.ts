import { lockName } from './mysql-schema.js';
import { StatementRefused, type Row, type Session } from './mysql-session.js';
import { text } from './sql.js';

/**
 * Keeps a writer that lost its commit to others from losing it for ever: for its next try it takes an advisory turn, in a queue, and whoever
 * sees the turn taken queues too. So writers that meet all the time go one after another, and all others as they like.
 * Nothing is wrong when two have it or nobody has.
 */
export interface Turn {
  /** An expression: the number of the connection that has the turn, or NULL. */
  readonly holder: string;
  /** Before the tips are read: takes the turn when the last append lost. */
  take(session: Session): Promise<void>;
  /** After they were read: takes the turn when somebody else had it then. @returns whether it waited, so that the tips are old. */
  giveWay(session: Session, holder: Row[number]): Promise<boolean>;
  /** An append begins: the turn is kept until it ends. */
  begun(): void;
  /** An append met another writer's: the turn is taken, or kept, for the next try. */
  lost(): void;
  /** An append has succeeded: the turn is over. */
  release(): void;
}

/** A commit takes some milliseconds; on a machine with too much to do, and several writers in the queue, a tenth of a second. */
const WAIT_MS = 250;
/** Whoever has the turn and begins no append within this time gives it up. */
const IDLE_MS = 50;
/** Who has not appended for this long reads the tips for another reason, and does not queue. */
const WRITER_MS = 1000;

export const createTurn = (
  logId: string,
  { isMariaDb, monotonic }: { readonly isMariaDb: () => boolean; readonly monotonic: () => number },
): Turn => {
  const lock = text(lockName('turn', logId));
  let hasLost = false;
  let begunMs = -Infinity;
  /** Somebody for whom the wait was in vain: stopped, or cut off. Until somebody else has the turn nobody waits for it again. */
  let stuck: Row[number] = null;
  let held: Session | undefined;
  let idle: NodeJS.Timeout | undefined;

  /** MySQL waits in whole seconds, so there the wait is ended by the limit of the statement. */
  const acquire = async (session: Session): Promise<void> => {
    const wait = isMariaDb()
      ? `SELECT GET_LOCK(${lock}, ${WAIT_MS / 1000})`
      : `SELECT /*+ MAX_EXECUTION_TIME(${WAIT_MS}) */ GET_LOCK(${lock}, 1)`;
    try {
      if ((await session.rows(wait))[0]?.[0] === 1) held = session;
    } catch (error) {
      if (!(error instanceof StatementRefused)) throw error;
    }
  };
  const giveBack = (): void => {
    clearTimeout(idle);
    // Not waited for: the next statement of the connection comes after it. A connection that is lost has lost the turn too.
    void held?.rows(`SELECT RELEASE_LOCK(${lock})`).catch(() => undefined);
    held = undefined;
  };
  const expectAppend = (): void => {
    clearTimeout(idle);
    if (held) idle = setTimeout(giveBack, IDLE_MS);
  };

  return {
    holder: `IS_USED_LOCK(${lock})`,
    take: async (session) => {
      if (held !== session) held = undefined;
      if (hasLost && !held && stuck === null) await acquire(session);
      expectAppend();
    },
    giveWay: async (session, holder) => {
      if (holder !== stuck) stuck = null;
      const isWriter = monotonic() - begunMs < WRITER_MS;
      if (held || holder === null || holder === stuck || !isWriter) return false;
      await acquire(session);
      if (!held && holder === (await session.rows(`SELECT IS_USED_LOCK(${lock})`))[0]?.[0]) stuck = holder;
      expectAppend();
      return true;
    },
    begun: () => {
      begunMs = monotonic();
      clearTimeout(idle);
    },
    lost: () => {
      hasLost = true;
      expectAppend();
    },
    release: () => {
      hasLost = false;
      giveBack();
    },
  };
};
