import { recreateTables, slotTables, type Columns, type Migration } from '@thuban/database';
import type { EntitySchemaColumnOptions } from 'typeorm';

/** The name of the projection and of its checkpoint. */
export const REGISTRY_PROJECTION = 'registry-1';

const key = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length, primary: true });
const varchar = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length });
const text: EntitySchemaColumnOptions = { type: 'text' };
const integer: EntitySchemaColumnOptions = { type: 'bigint' };
const flag: EntitySchemaColumnOptions = { type: 'boolean' };

/**
 * Times are Unix milliseconds, seqs those of the shard that the row's key belongs to; metadata is a JSON object of strings.
 * `data` is the whole instance as JSON: reading back 50,000 rows of one column costs a third of 20 columns. The columns beside it
 * are for people and their queries.
 */
const TABLES = {
  registry_namespace: {
    name: key(64),
    comment: text,
    owners: text,
    metadata: text,
    created_seq: integer,
    created_at: integer,
    changed_seq: integer,
    changed_at: integer,
  },
  registry_service: {
    namespace: key(64),
    name: key(128),
    metadata: text,
    ports: text,
    business: text,
    department: text,
    comment: text,
    owners: text,
    implied: flag,
    created_seq: integer,
    created_at: integer,
    changed_seq: integer,
    changed_at: integer,
    touched_seq: integer,
  },
  registry_alias: {
    namespace: key(64),
    name: key(128),
    target_namespace: varchar(64),
    target_service: varchar(128),
    comment: text,
    owners: text,
    seq: integer,
    created_at: integer,
  },
  registry_instance: {
    namespace: key(64),
    service: key(128),
    id: key(128),
    host: varchar(128),
    port: integer,
    healthy: flag,
    isolated: flag,
    data: text,
    incarnation: integer,
    seq: integer,
    registered_at: integer,
    changed_at: integer,
  },
  /** Answers of commands that carried an Idempotency-Key, kept for 24 hours of event time. */
  registry_idempotency: {
    idempotency_key: key(255),
    fingerprint: varchar(64),
    answer: text,
    at: integer,
  },
} as const satisfies Record<string, Columns>;

export type TableName = keyof typeof TABLES;

/** The tables of this read model, once a slot. */
export const tables = slotTables(TABLES, { registry_idempotency: [['at']] });

/** For `openDatabase`. */
export const registryEntities = tables.entities;

/** The steps that lead to these tables, for `openDatabase`. */
export const registryMigrations: readonly Migration[] = [
  {
    name: 'registry/tables-1764064800000',
    up: (runner) => recreateTables(runner, registryEntities, [REGISTRY_PROJECTION]),
  },
  {
    name: 'registry/slots-1764081600000',
    up: (runner) => recreateTables(runner, registryEntities, [REGISTRY_PROJECTION]),
  },
];
