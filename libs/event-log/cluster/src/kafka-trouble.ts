/** Tells of a trouble: not when a try fails within its first second, nor at every try, and again each minute that it goes on. */
export interface Trouble {
  /** A try begins. */
  trying(): void;
  /** It failed. */
  report(error: unknown): void;
  /** It works again. */
  over(): void;
}

/** A broker that has just made a topic, or become its leader, refuses the first requests. */
const SHORT_MS = 1000;
const AGAIN_MS = 60_000;

/** @example const trouble = troubleFor('Kafka is away', onProblem, () => clock.monotonic()); */
export const troubleFor = (
  what: string,
  onProblem: (what: string, error: unknown) => void,
  nowMs: () => number,
): Trouble => {
  let triedMs = nowMs();
  let sinceMs: number | undefined;
  let toldMs: number | undefined;
  return {
    trying: () => {
      triedMs = nowMs();
    },
    report: (error) => {
      const now = nowMs();
      sinceMs ??= triedMs;
      if (now - sinceMs < SHORT_MS || (toldMs !== undefined && now - toldMs < AGAIN_MS)) return;
      toldMs = now;
      onProblem(what, error);
    },
    over: () => {
      sinceMs = toldMs = undefined;
    },
  };
};
