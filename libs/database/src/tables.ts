import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';

const key = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length, primary: true });
const varchar = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length });

/** One row for each projection and shard. */
export const checkpointSchema = new EntitySchema<object>({
  name: 'checkpoint',
  tableName: 'checkpoint',
  columns: {
    projection: key(128),
    shard: { type: 'integer', primary: true },
    logId: { name: 'log_id', type: 'varchar', length: 36 },
    seq: { type: 'bigint' },
    hash: varchar(64),
  },
});

/** Who does what only one process should do; `expires_at` in Unix milliseconds of the database's clock. */
export const leaseSchema = new EntitySchema<object>({
  name: 'lease',
  tableName: 'lease',
  columns: { name: key(128), holder: varchar(128), expires_at: { type: 'bigint' } },
});

/** Events that are not in the rows of a projection; see `ParkedEvent`. The key of an event may be as long as its names. */
export const parkedSchema = new EntitySchema<object>({
  name: 'parked',
  tableName: 'parked',
  columns: {
    projection: key(128),
    shard: { type: 'integer', primary: true },
    seq: { type: 'bigint', primary: true },
    parked_key: varchar(512),
    stream: { type: 'text' },
    error: { type: 'text' },
    event: { type: 'text' },
  },
  indices: [{ name: 'parked_key', columns: ['projection', 'parked_key'] }],
});

/** Which set of tables of a projection is read; a projection without a row: `a`. */
export const slotSchema = new EntitySchema<object>({
  name: 'projection_slot',
  tableName: 'projection_slot',
  columns: { projection: key(128), slot: varchar(1) },
});
