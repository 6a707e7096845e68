import { writeSync } from 'node:fs';

/** Prints a measured figure below the test, past jest's decoration of console output. */
export const figure = (what: string, value: number, unit: string): void => {
  writeSync(2, `    figure: ${what}: ${value.toFixed(Number.isInteger(value) ? 0 : unit === 'ms' ? 1 : 3)} ${unit}\n`);
};
