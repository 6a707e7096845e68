// What the demo says, on stdout.
const colour = process.stdout.isTTY && !process.env.NO_COLOR;

export const say = (text = '') => console.log(text);
/** A headline; bold on a terminal. */
export const step = (text) => say(`\n${colour ? `\u001b[1m${text}\u001b[0m` : text}`);
export const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
/** A line that begins with a name. */
export const line = (name, text) => say(`  ${name.padEnd(10)}  ${text}`);

/** Bars for how often each answered. */
export const showSplit = (counts) => {
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  for (const [who, n] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
    line(who, `${'█'.repeat(Math.round((n / total) * 50)).padEnd(50)}  ${n} of ${total}`);
};
