import type { Clock } from '@thuban/event-sourcing';

/** How far a fold is, in events of its log. */
export interface Progress {
  readonly committed: () => number;
  readonly applied: () => number;
}

const BEHIND_MS_MAX = 5_000;

/**
 * A readiness check of a fold: it is not ready when it has not applied what was committed five seconds before. How many events it is behind
 * would say little: a burst is gone in a moment, one event that cannot be applied never is.
 * It looks only when it is asked, so a fold that got stuck shows at the first question five seconds after one that found it behind.
 */
export const lagCheck = (
  { committed, applied }: Progress,
  clock: Pick<Clock, 'monotonic'>,
): (() => string | undefined) => {
  let due: { readonly events: number; readonly sinceMs: number } | undefined;
  return () => {
    const now = clock.monotonic();
    if (due && applied() >= due.events) due = undefined;
    if (applied() >= committed()) return undefined;
    due ??= { events: committed(), sinceMs: now };
    const behindMs = now - due.sinceMs;
    if (behindMs < BEHIND_MS_MAX) return undefined;
    return `${committed() - applied()} events behind for ${Math.round(behindMs / 1000)} s`;
  };
};
