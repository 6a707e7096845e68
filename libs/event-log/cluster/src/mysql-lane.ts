import { LogUnavailable, type Clock } from '@thuban/event-sourcing';
import type { StoreRefused } from './errors.js';
import { ConnectionLost, messageOf, type Session } from './mysql-session.js';

/** What a lane needs. */
export interface LaneOptions {
  /** Connects and makes the connection ready. @throws StoreRefused, with a sentence for the operator. */
  readonly open: (onLost: () => void) => Promise<Session>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told of each connection after the first. */
  readonly onReconnect: () => void;
}

/** A place for one connection at a time, which is made anew when it was lost. */
export interface Lane {
  /**
   * The connection that is open, or a new one.
   * @throws LogUnavailable, caused by a StoreRefused, when there is none to be had: nothing was sent.
   */
  session(): Promise<Session>;
  /** Runs `work` alone: what others ask for waits. */
  alone<R>(work: () => Promise<R>): Promise<R>;
  /** How much waits or runs. */
  load(): number;
  close(): void;
}

/** After a failed attempt to connect everybody hears of it at once for this long. */
const PAUSE_MS = 200;

/** @example const lane = createLane({ open, clock, onReconnect }); */
export const createLane = ({ open, clock, onReconnect }: LaneOptions): Lane => {
  let current: Session | undefined;
  let opening: Promise<Session> | undefined;
  let failed: { readonly error: LogUnavailable; readonly atMs: number } | undefined;
  let opened = 0;
  let last: Promise<unknown> = Promise.resolve();
  let load = 0;
  let closed = false;

  const connect = async (): Promise<Session> => {
    let lost = false;
    try {
      const session = await open(() => {
        lost = true;
        current = undefined;
      });
      if (closed) {
        session.destroy();
        throw new LogUnavailable('the store is closed');
      }
      failed = undefined;
      if (opened++ > 0) onReconnect();
      return lost ? session : (current = session);
    } catch (error) {
      const unavailable = error instanceof LogUnavailable ? error : unavailableFor(error as StoreRefused);
      failed = { error: unavailable, atMs: clock.monotonic() };
      throw unavailable;
    } finally {
      opening = undefined;
    }
  };

  return {
    session: async () => {
      if (closed) throw new LogUnavailable('the store is closed');
      if (current) return current;
      if (opening) return opening;
      if (failed && clock.monotonic() - failed.atMs < PAUSE_MS)
        throw new LogUnavailable(failed.error.message, { cause: failed.error.cause });
      return (opening = connect());
    },
    alone: (work) => {
      load++;
      const run = last.then(work).finally(() => load--);
      last = run.catch(() => undefined);
      return run;
    },
    load: () => load,
    close: () => {
      closed = true;
      current?.destroy();
    },
  };
};

const unavailableFor = (error: Error): LogUnavailable => new LogUnavailable(messageOf(error), { cause: error });

/** Runs `ask` on whichever of the lanes has least to do. @throws LogUnavailable when MySQL cannot be asked, or ended the connection. */
export const askAny = <R>(lanes: readonly Lane[], ask: (session: Session) => Promise<R>): Promise<R> => {
  const lane = lanes.reduce((least, each) => (each.load() < least.load() ? each : least));
  return lane.alone(async () => {
    try {
      return await ask(await lane.session());
    } catch (error) {
      if (error instanceof ConnectionLost) throw new LogUnavailable(error.message, { cause: error });
      throw error;
    }
  });
};
