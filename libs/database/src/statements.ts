import type { SqlRow, SqlValue } from './dialect.js';

/** One connection: statements go one after another. */
export interface Statements {
  query<R = unknown>(sql: string, parameters?: SqlRow): Promise<R[]>;
  /** @returns how many rows were changed. */
  change(sql: string, parameters?: SqlRow): Promise<number>;
}

/** Inserts rows or replaces those with the same key. */
export type Upsert = (
  table: string,
  columns: readonly string[],
  keyColumns: readonly string[],
  rows: readonly SqlRow[],
) => Promise<void>;

/** What of a table is read in pages. */
export interface PagesOf {
  readonly table: string;
  readonly columns: readonly string[];
  /** The columns of the primary key, in its order. */
  readonly keyColumns: readonly string[];
  readonly size: number;
}

/** Columns of a row by name. */
export type Named = Readonly<Record<string, SqlValue>>;
