/** A value that every driver can bind. */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array;

/** Rows as values in the order of the columns. */
export type SqlRow = readonly SqlValue[];

/** A statement and what is bound to its question marks. */
export interface Statement {
  readonly sql: string;
  readonly parameters: SqlRow;
}

/** A part of a table, in the order of `dialect.page`. */
export interface Page {
  readonly table: string;
  readonly columns: readonly string[];
  readonly keyColumns: readonly string[];
  /** The last row of the page before. */
  readonly after?: Readonly<Record<string, SqlValue>> | undefined;
  readonly size: number;
}

/** What differs between the databases, in one place. Names of tables and columns are ours, never input. */
export interface Dialect {
  /** How many rows one statement may carry, with this many values each. */
  rowsMax(valuesPerRow: number): number;
  upsert(table: string, columns: readonly string[], keyColumns: readonly string[], rows: number): string;
  /** Fails when a key is there. */
  insert(table: string, columns: readonly string[], rows: number): string;
  /** Inserts one row, given as SQL, unless its key is there. */
  insertNew(table: string, columns: readonly string[], values: readonly string[]): string;
  /** A condition: the columns are one of so many tuples. */
  isOneOf(columns: readonly string[], rows: number): string;
  /** At the end of a SELECT: nobody else may change these rows before the transaction ends. */
  readonly lockRows: string;
  /** The clock of the database in Unix milliseconds. */
  readonly nowMs: string;
  /** Rows in an order that reads the table once; the columns of the cursor come with them. */
  page(page: Page): Statement;
  /** Deletes rows, all or as many as a statement should; whether there may be more is in the number of those that it deleted. */
  clear(table: string): string;
}

const tuples = (values: number, rows: number): string => {
  const tuple = `(${new Array<string>(values).fill('?').join(',')})`;
  return new Array<string>(rows).fill(tuple).join(',');
};

const inQuotes =
  (mark: string) =>
  (name: string): string =>
    mark + name + mark;
const listIn =
  (quote: (name: string) => string) =>
  (names: readonly string[]): string =>
    names.map(quote).join(', ');

const double = inQuotes('"');
const doubles = listIn(double);

/** SQLite 3.35 or newer: 32,766 parameters a statement; larger statements than some hundred rows bring nothing. */
export const sqlite: Dialect = {
  rowsMax: (valuesPerRow) => Math.max(1, Math.min(256, Math.floor(32_766 / valuesPerRow))),
  upsert: (table, columns, keyColumns, rows) => {
    const others = columns.filter((column) => !keyColumns.includes(column));
    const action =
      others.length === 0
        ? 'NOTHING'
        : `UPDATE SET ${others.map((column) => `${double(column)} = excluded.${double(column)}`).join(', ')}`;
    return `INSERT INTO ${double(table)} (${doubles(columns)}) VALUES ${tuples(columns.length, rows)} ON CONFLICT (${doubles(keyColumns)}) DO ${action}`;
  },
  insert: (table, columns, rows) =>
    `INSERT INTO ${double(table)} (${doubles(columns)}) VALUES ${tuples(columns.length, rows)}`,
  insertNew: (table, columns, values) =>
    `INSERT OR IGNORE INTO ${double(table)} (${doubles(columns)}) VALUES (${values.join(', ')})`,
  isOneOf: (columns, rows) => `(${doubles(columns)}) IN (VALUES ${tuples(columns.length, rows)})`,
  lockRows: '',
  nowMs: `CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
  page: ({ table, columns, after, size }) => ({
    sql: `SELECT rowid AS place, ${doubles(columns)} FROM ${double(table)} WHERE rowid > ? ORDER BY rowid LIMIT ${size}`,
    parameters: [after?.['place'] ?? 0],
  }),
  clear: (table) => `DELETE FROM ${double(table)}`,
};

const back = inQuotes('`');
const backs = listIn(back);

/** As `(a, b) > (x, y)`, in the form that MySQL finds in an index. */
const beyond = (columns: readonly string[]): string =>
  columns
    .map((column, i) => [...columns.slice(0, i).map((c) => `${back(c)} = ?`), `${back(column)} > ?`].join(' AND '))
    .join(' OR ');

/** The SQL that MySQL 8 and MariaDB share: no RETURNING, no row alias in an upsert. */
export const mysql: Dialect = {
  rowsMax: () => 1000,
  upsert: (table, columns, keyColumns, rows) => {
    const others = columns.filter((column) => !keyColumns.includes(column));
    const changed = others.length === 0 ? keyColumns.slice(0, 1) : others;
    const action = changed.map((column) => `${back(column)} = VALUES(${back(column)})`).join(', ');
    return `INSERT INTO ${back(table)} (${backs(columns)}) VALUES ${tuples(columns.length, rows)} ON DUPLICATE KEY UPDATE ${action}`;
  },
  insert: (table, columns, rows) =>
    `INSERT INTO ${back(table)} (${backs(columns)}) VALUES ${tuples(columns.length, rows)}`,
  insertNew: (table, columns, values) =>
    `INSERT INTO ${back(table)} (${backs(columns)}) VALUES (${values.join(', ')}) ON DUPLICATE KEY UPDATE ${back(columns[0] ?? '')} = ${back(columns[0] ?? '')}`,
  isOneOf: (columns, rows) => `(${backs(columns)}) IN (${tuples(columns.length, rows)})`,
  lockRows: ' FOR UPDATE',
  nowMs: 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)',
  page: ({ table, columns, keyColumns, after, size }) => {
    const selected = backs([...new Set([...keyColumns, ...columns])]);
    const keys = after ? keyColumns.map((column) => after[column] ?? null) : [];
    return {
      sql: `SELECT ${selected} FROM ${back(table)}${after ? ` WHERE ${beyond(keyColumns)}` : ''} ORDER BY ${backs(keyColumns)} LIMIT ${size}`,
      parameters: keys.flatMap((_, i) => keys.slice(0, i + 1)),
    };
  },
  clear: (table) => `DELETE FROM ${back(table)} LIMIT 10000`,
};

/** A row of the middle of a table is a few hundred bytes; an event may be 256 Ki characters. */
const CHARACTERS_MAX = 1024 * 1024;

const lengthOf = (row: unknown): number => {
  let length = 0;
  if (Array.isArray(row)) for (const value of row as unknown[]) if (typeof value === 'string') length += value.length;
  return length;
};

/**
 * Cuts rows into full chunks and then into powers of two, so that a table needs only a handful of prepared statements. A chunk holds at
 * most a million characters (or one row), so that a statement stays below what MySQL takes in one packet.
 * @example [...inChunks([1, 2, 3], 2)] // [[1, 2], [3]]
 */
export function* inChunks<R>(rows: readonly R[], rowsMax: number): Generator<readonly R[]> {
  for (let from = 0; from < rows.length;) {
    const left = rows.length - from;
    const wanted = left >= rowsMax ? rowsMax : 2 ** Math.floor(Math.log2(left));
    const size = fitting(rows, from, wanted);
    yield rows.slice(from, from + size);
    from += size;
  }
}

/** How many of the rows from `from` on, at most `wanted`, fit into a statement: `wanted`, or a power of two. */
const fitting = (rows: readonly unknown[], from: number, wanted: number): number => {
  let characters = 0;
  for (let i = 0; i < wanted; i++) {
    characters += lengthOf(rows[from + i]);
    if (characters > CHARACTERS_MAX) return i === 0 ? 1 : 2 ** Math.floor(Math.log2(i));
  }
  return wanted;
};
