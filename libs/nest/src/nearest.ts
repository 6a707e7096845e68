/** Levenshtein distance of two short names. */
const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
};

/** The known name that was probably meant, if one is near enough. */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  const ranked = known.map((each) => ({ each, steps: distance(name, each) })).sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  return best && best.steps <= Math.max(2, Math.floor(name.length / 3)) ? best.each : undefined;
};

/** ` (did you mean "x"?)`, or nothing. */
export const suggestion = (
  name: string,
  known: readonly string[],
  show: (name: string) => string = (each) => each,
): string => {
  const meant = nearest(name, known);
  return meant === undefined ? '' : `; did you mean ${show(meant)}?`;
};
