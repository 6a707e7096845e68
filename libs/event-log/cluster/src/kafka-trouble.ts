/** Tells of a trouble when it begins, not at every try, and again each minute that it lasts. */
export interface Trouble {
  report(error: unknown): void;
  /** It works again. */
  over(): void;
}

const AGAIN_MS = 60_000;

/** @example const trouble = troubleFor('Kafka is away', onProblem, () => clock.monotonic()); */
export const troubleFor = (
  what: string,
  onProblem: (what: string, error: unknown) => void,
  nowMs: () => number,
): Trouble => {
  let toldMs: number | undefined;
  return {
    report: (error) => {
      if (toldMs !== undefined && nowMs() - toldMs < AGAIN_MS) return;
      toldMs = nowMs();
      onProblem(what, error);
    },
    over: () => (toldMs = undefined),
  };
};
