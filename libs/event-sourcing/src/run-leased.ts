import type { Clock, Leases } from './ports.js';

export interface RunLeasedOptions {
  readonly database: Leases;
  /** What the lease is for. */
  readonly name: string;
  /** Random for each start of a process, so that nobody renews what a predecessor held. */
  readonly holder: string;
  /** How long a lease lives without being renewed, and how long others wait at most for a holder that is gone. Renewed every third of it. */
  readonly ttlMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly signal: AbortSignal;
  /** Told when the lease is taken and when it is lost or let go. */
  readonly onHeld?: (held: boolean) => void;
}

/**
 * Runs `work` while this process holds a lease, and waits for it otherwise. The signal of `work` aborts at once when the lease is lost,
 * and when the database has not answered for so long that it may be; once `work` has ended, the lease is waited for again.
 * Resolves when `signal` aborts or `work` ends by itself; rejects with what `work` rejects with. The lease is let go then.
 * A lease is for liveness: between the moment it is lost and the moment `work` notices, two may run.
 */
export const runLeased = async (
  options: RunLeasedOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const { database, name, holder, ttlMs, clock, signal } = options;
  while (!signal.aborted) {
    const askedAt = clock.monotonic();
    if (await asks(database.lease(name, holder, ttlMs))) {
      if (await workWhileHeld(options, askedAt, work)) return;
    } else await clock.after(ttlMs / 3, signal);
  }
};

/** A database that is away gives no lease; the caller of `work` hears of it from the work. */
const asks = async (answer: Promise<boolean>): Promise<boolean | undefined> => {
  try {
    return await answer;
  } catch {
    return undefined;
  }
};

/** @returns whether there is nothing more to do: `work` ended by itself, or the caller wants it to. */
const workWhileHeld = async (
  options: RunLeasedOptions,
  askedAt: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<boolean> => {
  const { database, name, holder, signal, onHeld } = options;
  const lost = new AbortController();
  const ended = new AbortController();
  onHeld?.(true);
  const renewing = renew(options, askedAt, ended.signal).then((held) => held || lost.abort());
  try {
    await work(AbortSignal.any([signal, lost.signal]));
    return !lost.signal.aborted || signal.aborted;
  } catch (error) {
    if (!lost.signal.aborted || signal.aborted) throw error;
    return false; // it was told to stop, and whoever holds the lease now does the work
  } finally {
    ended.abort();
    await renewing;
    onHeld?.(false);
    if (!lost.signal.aborted) await asks(database.releaseLease(name, holder).then(() => true));
  }
};

/** Resolves with true when `ended` aborts and with false when the lease is lost. */
const renew = async (
  { database, name, holder, ttlMs, clock }: RunLeasedOptions,
  since: number,
  ended: AbortSignal,
): Promise<boolean> => {
  let heldSince = since;
  for (;;) {
    await clock.after(ttlMs / 3, ended);
    if (ended.aborted) return true;
    const askedAt = clock.monotonic();
    const expired = clock.after(Math.max(0, heldSince + ttlMs - askedAt), ended).then(() => false);
    const held = await Promise.race([asks(database.lease(name, holder, ttlMs)), expired]);
    if (ended.aborted) return true;
    if (held === false) return false;
    if (held) heldSince = askedAt;
    else if (clock.monotonic() - heldSince >= ttlMs) return false;
  }
};
