import { stringify } from 'yaml';
import { table } from './table.js';
import type { Column } from './table.js';
import type { Io } from './io.js';

export const OUTPUTS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Output = (typeof OUTPUTS)[number];

/** How a kind of thing is shown. `wide` columns are added by `-o wide`. */
export interface View<T> {
  readonly columns: readonly Column<T>[];
  readonly wide: readonly Column<T>[];
  /** `kind/part/part`, one a line for `-o name`. */
  readonly name: (row: T) => string;
  /** What stderr says instead of an empty table. */
  readonly empty: string;
}

/** JSON with two blanks of indent; the shape is the API's own, so it is as stable as `/v1`. */
export const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** YAML without folded lines, so that one value stays on one line. */
export const asYaml = (value: unknown): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** Prints rows as asked: data on stdout, the word about nothing found on stderr. */
export const printRows = <T>(io: Io, output: Output, view: View<T>, rows: readonly T[]): void => {
  switch (output) {
    case 'json':
      return io.out(asJson(rows));
    case 'yaml':
      return io.out(asYaml(rows));
    case 'name':
      return io.out(rows.map((row) => `${view.name(row)}\n`).join(''));
    case 'table':
    case 'wide':
      if (rows.length === 0) return io.err(`${view.empty}\n`);
      return io.out(table(output === 'wide' ? [...view.columns, ...view.wide] : view.columns, rows, io.colour));
  }
};
