/** A value that every driver can bind. */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array;

/** What differs between the databases, in one place. Names of tables and columns are ours, never input. */
export interface Dialect {
  /** How many rows one statement may carry, with this many values each. */
  rowsMax(valuesPerRow: number): number;
  upsert(table: string, columns: readonly string[], keyColumns: readonly string[], rows: number): string;
  deleteWhere(table: string, keyColumns: readonly string[], rows: number): string;
}

const quote = (name: string): string => `"${name}"`;
const list = (names: readonly string[]): string => names.map(quote).join(', ');
const tuples = (values: number, rows: number): string => {
  const tuple = `(${new Array<string>(values).fill('?').join(',')})`;
  return new Array<string>(rows).fill(tuple).join(',');
};

/** SQLite 3.35 or newer: 32,766 parameters a statement; larger statements than some hundred rows bring nothing. */
export const sqlite: Dialect = {
  rowsMax: (valuesPerRow) => Math.max(1, Math.min(256, Math.floor(32_766 / valuesPerRow))),
  upsert: (table, columns, keyColumns, rows) => {
    const others = columns.filter((column) => !keyColumns.includes(column));
    const action =
      others.length === 0
        ? 'NOTHING'
        : `UPDATE SET ${others.map((column) => `${quote(column)} = excluded.${quote(column)}`).join(', ')}`;
    return `INSERT INTO ${quote(table)} (${list(columns)}) VALUES ${tuples(columns.length, rows)} ON CONFLICT (${list(keyColumns)}) DO ${action}`;
  },
  deleteWhere: (table, keyColumns, rows) =>
    `DELETE FROM ${quote(table)} WHERE (${list(keyColumns)}) IN (VALUES ${tuples(keyColumns.length, rows)})`,
};

/**
 * Cuts rows into full chunks and then into powers of two, so that a table needs only a handful of prepared statements.
 * @example [...inChunks([1, 2, 3], 2)] // [[1, 2], [3]]
 */
export function* inChunks<R>(rows: readonly R[], rowsMax: number): Generator<readonly R[]> {
  for (let from = 0; from < rows.length;) {
    const left = rows.length - from;
    const size = left >= rowsMax ? rowsMax : 2 ** Math.floor(Math.log2(left));
    yield rows.slice(from, from + size);
    from += size;
  }
}
