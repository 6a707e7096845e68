import { type EntitySchema, type MigrationInterface, type QueryRunner, Table } from 'typeorm';
import { checkpointSchema } from './checkpoints.js';

/** One step of the schema. Steps run once, in the order of their times, each in a transaction of its own. */
export interface Migration {
  /**
   * `<read model>/<what>-<Unix milliseconds of when it was written, 13 digits>`; never renamed, never removed.
   * @example 'registry/tables-1764028800000'
   */
  readonly name: string;
  up(runner: QueryRunner): Promise<void>;
}

/**
 * Makes the tables of a read model as its schemas now describe them, dropping what was there, and forgets the checkpoints of its
 * projections: they fill the new tables from the log. A later change of a table is one more migration that calls this again.
 */
export const recreateTables = async (
  runner: QueryRunner,
  schemas: readonly EntitySchema[],
  projections: readonly string[],
): Promise<void> => {
  for (const schema of schemas) {
    const table = Table.create(runner.dataSource.getMetadata(schema), runner.dataSource.driver);
    if (await runner.hasTable(table.name)) await runner.dropTable(table.name);
    await runner.createTable(table);
  }
  for (const projection of projections) await runner.query('DELETE FROM checkpoint WHERE projection = ?', [projection]);
};

/** The tables of this library itself, before those of any read model. */
export const ownMigrations: readonly Migration[] = [
  {
    name: 'database/checkpoint-1763942400000',
    up: (runner) => recreateTables(runner, [checkpointSchema as EntitySchema], []),
  },
];

/** TypeORM wants a class for each. */
export const migrationClass = ({ name, up }: Migration): new () => MigrationInterface =>
  class implements MigrationInterface {
    readonly name = name;
    up = up;
    down = async (): Promise<void> => {
      throw new Error(`${name} cannot be undone; a read model is made anew from the log instead`);
    };
  };
