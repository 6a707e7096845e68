import type { Slot } from '@thuban/event-sourcing';
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { SqlRow, SqlValue } from './dialect.js';
import type { ReadModelTx } from './transaction.js';

/** The columns of a table in their order; those that are `primary` make the key, in the same order. */
export type Columns = Readonly<Record<string, EntitySchemaColumnOptions>>;

/** Rows by key: see `rowKey`. `undefined`: there is none, or none any more. */
export type ChangedRows<R> = ReadonlyMap<string, R | undefined>;

/** The rows of a table as a batch sees them: what was there before, in front of it what the batch makes of it. */
export interface BatchRows<R> {
  get(key: string): R | undefined;
  /** `undefined` deletes. */
  set(key: string, row: R | undefined): void;
  /** What the batch changed, one final row a key. */
  readonly changed: ChangedRows<R>;
}

export const rowsOver = <R>(before: ReadonlyMap<string, R>): BatchRows<R> => {
  const changed = new Map<string, R | undefined>();
  return {
    get: (key) => (changed.has(key) ? changed.get(key) : before.get(key)),
    set: (key, row) => void changed.set(key, row),
    changed,
  };
};

/** The tables of a read model, once a slot, so that they can be made anew beside the ones that are read. */
export interface SlotTables<T extends string> {
  /** For `openDatabase` and `recreateTables`. */
  readonly entities: readonly EntitySchema[];
  /** The name of a table in a slot. */
  nameIn(slot: Slot, table: T): string;
  keyColumns(table: T): readonly string[];
  /** The rows with these keys: all columns, or some and the key. */
  fetch<R>(
    tx: ReadModelTx,
    slot: Slot,
    table: T,
    keys: readonly (readonly string[])[],
    columns?: readonly string[],
  ): Promise<Map<string, R>>;
  /** Writes what has changed: one statement for many rows. */
  write<R extends object>(tx: ReadModelTx, slot: Slot, table: T, changed: ChangedRows<R>): Promise<void>;
  /** Drops all rows of a slot. */
  clear(tx: ReadModelTx, slot: Slot): Promise<void>;
}

/** The values of a key as one text. Names hold no line feed, so they cannot run into each other. */
export const rowKey = (...values: readonly string[]): string => values.join('\n');

const indexNames = (name: string, indices: readonly (readonly string[])[]) =>
  indices.map((columns) => ({ name: [name, ...columns].join('_'), columns: [...columns] }));

/**
 * @example
 * const tables = slotTables({ note: { id: { type: 'varchar', length: 64, primary: true }, text: { type: 'text' } } });
 * await tables.write(tx, 'a', 'note', new Map([[rowKey('1'), { id: '1', text: 'x' }]]));
 */
export const slotTables = <T extends string>(
  tables: Readonly<Record<T, Columns>>,
  indices: Partial<Record<T, readonly (readonly string[])[]>> = {},
): SlotTables<T> => {
  const all = Object.keys(tables) as T[];
  const nameIn = (slot: Slot, table: T): string => (slot === 'a' ? table : `${table}_b`);
  const entitiesIn = (slot: Slot): EntitySchema[] =>
    all.map((table) => {
      const name = nameIn(slot, table);
      const columns = tables[table];
      return new EntitySchema<object>({
        name,
        tableName: name,
        columns,
        indices: indexNames(name, indices[table] ?? []),
      });
    });
  const columnsOf = (table: T): readonly string[] => Object.keys(tables[table]);
  const keyColumns = (table: T): readonly string[] =>
    Object.entries(tables[table]).flatMap(([name, { primary }]) => (primary ? [name] : []));

  return {
    entities: [...entitiesIn('a'), ...entitiesIn('b')],
    nameIn,
    keyColumns,
    fetch: async <R>(
      tx: ReadModelTx,
      slot: Slot,
      table: T,
      keys: readonly (readonly string[])[],
      columns: readonly string[] = columnsOf(table),
    ) => {
      const names = keyColumns(table);
      const distinct = [...new Map(keys.map((key) => [rowKey(...key), key])).values()];
      const found = new Map<string, R>();
      for (const row of await tx.withKeys<R & Record<string, string>>(nameIn(slot, table), columns, names, distinct))
        found.set(rowKey(...names.map((name) => row[name] ?? '')), row);
      return found;
    },
    write: async (tx, slot, table, changed) => {
      const columns = columnsOf(table);
      const rows: SqlRow[] = [];
      const gone: SqlRow[] = [];
      for (const [key, row] of changed)
        if (row) rows.push(columns.map((column) => (row as Record<string, SqlValue>)[column] ?? null));
        else gone.push(key.split('\n'));
      if (gone.length > 0) await tx.deleteWhere(nameIn(slot, table), keyColumns(table), gone);
      if (rows.length > 0) await tx.upsert(nameIn(slot, table), columns, keyColumns(table), rows);
    },
    clear: async (tx, slot) => {
      for (const table of all) await tx.clear(nameIn(slot, table));
    },
  };
};
