/** Tells of a trouble once it has lasted a second, not at every try, and again each minute that it goes on. */
export interface Trouble {
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
  let sinceMs: number | undefined;
  let toldMs: number | undefined;
  return {
    report: (error) => {
      const now = nowMs();
      sinceMs ??= now;
      if (now - sinceMs < SHORT_MS || (toldMs !== undefined && now - toldMs < AGAIN_MS)) return;
      toldMs = now;
      onProblem(what, error);
    },
    over: () => {
      sinceMs = toldMs = undefined;
    },
  };
};
