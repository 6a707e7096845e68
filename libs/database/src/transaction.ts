import type { Checkpoint, ParkedEvent, ParkedEvents, ProjectionTx, Slot } from '@thuban/event-sourcing';
import { checkpointName } from '@thuban/event-sourcing';
import { checkpointsOn, loadCheckpoint } from './checkpoints.js';
import { inChunks, type Dialect, type SqlRow } from './dialect.js';
import type { Named, PagesOf, Statements, Upsert } from './statements.js';

/** What can be read of a read model. */
export interface ReadModelReader {
  /** The rows of a SELECT. */
  query<R = unknown>(sql: string, parameters?: SqlRow): Promise<R[]>;
  /** The columns of the rows with these keys, and their keys. */
  withKeys<R>(
    table: string,
    columns: readonly string[],
    keyColumns: readonly string[],
    keys: readonly SqlRow[],
  ): Promise<R[]>;
  /** All rows of a table, page by page, in the order that is cheapest; columns that were not asked for may come along. */
  pages<R>(pages: PagesOf): AsyncGenerator<R[]>;
  checkpointOf(name: string): Promise<Checkpoint | undefined>;
  activeSlot(projection: string): Promise<Slot>;
  /** The events that wait under a name of `checkpointName`, by shard and seq. */
  parkedEvents(name: string): Promise<ParkedEvent[]>;
}

/** What a read model may do in a transaction. */
export interface ReadModelTx extends ProjectionTx, Pick<ReadModelReader, 'query' | 'withKeys'> {
  /** Inserts rows or replaces those with the same key, many a statement. Of two rows with the same key the later wins. */
  readonly upsert: Upsert;
  /** Deletes the rows with these keys. */
  deleteWhere(table: string, keyColumns: readonly string[], keys: readonly SqlRow[]): Promise<void>;
  /** Deletes all rows. */
  clear(table: string): Promise<void>;
}

/** Reads rows over one connection. */
export const readerOn = (statements: Statements, dialect: Dialect): ReadModelReader => {
  const { query } = statements;
  async function* pages<R>({ table, columns, keyColumns, size }: PagesOf): AsyncGenerator<R[]> {
    let after: Named | undefined;
    for (;;) {
      const { sql, parameters } = dialect.page({ table, columns, keyColumns, after, size });
      const rows: Named[] = await query<Named>(sql, parameters);
      if (rows.length > 0) yield rows as R[];
      if (rows.length < size) return;
      after = rows.at(-1);
    }
  }
  return {
    query: (sql, parameters) => query(sql, parameters),
    withKeys: async <R>(
      table: string,
      columns: readonly string[],
      keyColumns: readonly string[],
      keys: readonly SqlRow[],
    ) => {
      const names = [...new Set([...keyColumns, ...columns])].join(', ');
      const found: R[] = [];
      for (const chunk of inChunks(keys, dialect.rowsMax(keyColumns.length))) {
        const sql = `SELECT ${names} FROM ${table} WHERE ${dialect.isOneOf(keyColumns, chunk.length)}`;
        for (const row of await query<R>(sql, chunk.flat())) found.push(row);
      }
      return found;
    },
    pages,
    checkpointOf: (name) => loadCheckpoint(statements, name),
    activeSlot: async (projection) => {
      const [row] = await query<{ slot: Slot }>('SELECT slot FROM projection_slot WHERE projection = ?', [projection]);
      return row?.slot ?? 'a';
    },
    parkedEvents: async (name) =>
      (await query<ParkedRow>(`${PARKED} WHERE projection = ? ORDER BY shard, seq`, [name])).map(parkedOf),
  };
};

type ParkedRow = Omit<ParkedEvent, 'seq'> & { readonly seq: number | string };
const PARKED = 'SELECT parked_key AS "key", shard, seq, stream, error, event FROM parked'.replaceAll('"', '`');
const parkedOf = (row: ParkedRow): ParkedEvent => ({ ...row, seq: Number(row.seq) });

const PARKED_COLUMNS = ['projection', 'parked_key', 'shard', 'seq', 'stream', 'error', 'event'];
const PARKED_KEY = ['projection', 'shard', 'seq'];

type Deletes = ReadModelTx['deleteWhere'];

const parkedOn = ({ query }: Statements, upsert: Upsert, deleteWhere: Deletes): ParkedEvents => ({
  keys: async (name, max) =>
    (
      await query<{ key: string }>('SELECT DISTINCT parked_key AS `key` FROM parked WHERE projection = ? LIMIT ?', [
        name,
        max,
      ])
    ).map(({ key }) => key),
  add: (name, events) => {
    const rows = events.map(({ key, shard, seq, stream, error, event }) => [
      name,
      key,
      shard,
      seq,
      stream,
      error,
      event,
    ]);
    return upsert('parked', PARKED_COLUMNS, PARKED_KEY, rows);
  },
  ofKey: async (name, key, max) => {
    const sql = `${PARKED} WHERE projection = ? AND parked_key = ? ORDER BY shard, seq LIMIT ?`;
    return (await query<ParkedRow>(sql, [name, key, max])).map(parkedOf);
  },
  remove: (name, events) =>
    deleteWhere(
      'parked',
      PARKED_KEY,
      events.map(({ shard, seq }) => [name, shard, seq]),
    ),
});

/** What is done over one connection that is inside a transaction. `afterChunk` runs after each statement of many rows. */
export const transactionOn = (
  statements: Statements,
  dialect: Dialect,
  afterChunk: () => Promise<void> | void = () => undefined,
): ReadModelTx => {
  const upsert: Upsert = async (table, columns, keyColumns, rows) => {
    for (const chunk of inChunks(rows, dialect.rowsMax(columns.length))) {
      await statements.change(dialect.upsert(table, columns, keyColumns, chunk.length), chunk.flat());
      await afterChunk();
    }
  };
  const deleteWhere: Deletes = async (table, keyColumns, keys) => {
    for (const chunk of inChunks(keys, dialect.rowsMax(keyColumns.length))) {
      const sql = `DELETE FROM ${table} WHERE ${dialect.isOneOf(keyColumns, chunk.length)}`;
      await statements.change(sql, chunk.flat());
    }
  };
  const { query, withKeys } = readerOn(statements, dialect);
  return {
    query,
    withKeys,
    upsert,
    deleteWhere,
    clear: async (table) => {
      while ((await statements.change(dialect.clear(table))) > 0) await afterChunk();
    },
    saveCheckpoint: checkpointsOn(statements, dialect, upsert),
    parked: parkedOn(statements, upsert, deleteWhere),
    forget: async (name) => {
      for (const table of ['checkpoint', 'parked'])
        await statements.change(`DELETE FROM ${table} WHERE projection = ?`, [name]);
    },
    activate: (projection, slot) =>
      upsert('projection_slot', ['projection', 'slot'], ['projection'], [[projection, slot]]),
  };
};

/** Both names under which a projection keeps checkpoints. */
export const namesOf = (projection: string): readonly string[] => [
  checkpointName(projection, 'a'),
  checkpointName(projection, 'b'),
];
