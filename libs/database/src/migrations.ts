import { type DataSource, type EntitySchema, type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { NewerDatabase } from './errors.js';
import { checkpointSchema, leaseSchema, parkedSchema, slotSchema } from './tables.js';
import { namesOf } from './transaction.js';

/** One step of the schema. Steps run once, in the order of their times. */
export interface Migration {
  /**
   * `<read model>/<what>-<Unix milliseconds of when it was written, 13 digits>`; never renamed, never removed.
   * @example 'registry/tables-1764028800000'
   */
  readonly name: string;
  /** Runs on SQLite and on MySQL, where no transaction holds a change of tables: a step that failed half-way is run again. */
  up(runner: QueryRunner): Promise<void>;
}

const isMysql = ({ dataSource }: QueryRunner): boolean => dataSource.options.type === 'mysql';

/** The collation that compares bytes and does not take trailing spaces for nothing; each of the two has its own. */
const mysqlCollation = async (runner: QueryRunner): Promise<string> => {
  const [row] = (await runner.query('SELECT VERSION() AS version')) as readonly { readonly version: string }[];
  return row?.version.includes('MariaDB') ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
};

/** What MySQL needs beyond the schema: `text` alone would end at 64 KiB, and the default collation takes `A` for `a`. */
const forMysql = (table: Table, collation: string): void => {
  table.engine = 'InnoDB';
  for (const column of table.columns) {
    if (column.type !== 'varchar' && column.type !== 'text') continue;
    column.charset = 'utf8mb4';
    column.collation = collation;
    if (column.type === 'text') column.type = 'mediumtext';
  }
};

/**
 * Makes the tables of a read model as its schemas now describe them, dropping what was there, and forgets the checkpoints and parked
 * events of its projections: they fill the new tables from the log. A later change of a table is one more migration that calls this again.
 */
export const recreateTables = async (
  runner: QueryRunner,
  schemas: readonly EntitySchema[],
  projections: readonly string[],
): Promise<void> => {
  const collation = isMysql(runner) ? await mysqlCollation(runner) : undefined;
  for (const schema of schemas) {
    const table = Table.create(runner.dataSource.getMetadata(schema), runner.dataSource.driver);
    if (collation) forMysql(table, collation);
    if (await runner.hasTable(table.name)) await runner.dropTable(table.name);
    await runner.createTable(table);
  }
  for (const projection of projections) await forget(runner, projection);
};

const forget = async (runner: QueryRunner, projection: string): Promise<void> => {
  await runner.query('DELETE FROM projection_slot WHERE projection = ?', [projection]);
  for (const name of namesOf(projection))
    for (const table of ['checkpoint', 'parked'])
      await runner.query(`DELETE FROM ${table} WHERE projection = ?`, [name]);
};

/** The tables of this library itself, before those of any read model. In MySQL all services share them. */
export const ownMigrations: readonly Migration[] = [
  {
    name: 'database/checkpoint-1763942400000',
    up: (runner) => recreateTables(runner, [checkpointSchema as EntitySchema], []),
  },
  {
    name: 'database/parked-lease-slot-1763942400001',
    up: (runner) => recreateTables(runner, [parkedSchema, leaseSchema, slotSchema] as EntitySchema[], []),
  },
];

export const ownEntities = [checkpointSchema, leaseSchema, parkedSchema, slotSchema] as readonly EntitySchema[];

/** TypeORM wants a class for each. */
export const migrationClass = ({ name, up }: Migration): new () => MigrationInterface =>
  class implements MigrationInterface {
    readonly name = name;
    up = up;
    down = async (): Promise<void> => {
      throw new Error(`${name} cannot be undone; a read model is made anew from the log instead`);
    };
  };

/**
 * Runs what a connected source has not run yet. `newer` says what to do about a step that this release does not know.
 * @throws NewerDatabase
 */
export const migrate = async (
  source: DataSource,
  known: readonly Migration[],
  newer: (step: string) => string,
): Promise<void> => {
  const runner = source.createQueryRunner();
  try {
    const table = source.options.migrationsTableName ?? 'migrations';
    if (await runner.hasTable(table)) {
      const names = new Set(known.map(({ name }) => name));
      const done = (await runner.query(`SELECT name FROM ${table}`)) as readonly { readonly name: string }[];
      const unknown = done.find(({ name }) => !names.has(name));
      if (unknown) throw new NewerDatabase(newer(unknown.name));
    }
  } finally {
    await runner.release();
  }
  await source.runMigrations({ transaction: 'each' });
};
