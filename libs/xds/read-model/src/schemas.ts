import { recreateTables, slotTables, type Columns, type Migration } from '@thuban/database';
import type { EntitySchemaColumnOptions } from 'typeorm';

/** The names of the projections and of their checkpoints: one for each log that the mesh is made of. */
export const MESH_PROJECTION = 'mesh-1';
export const MESH_RULES_PROJECTION = 'mesh-rules-1';

const key = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length, primary: true });
const varchar = (length: number): EntitySchemaColumnOptions => ({ type: 'varchar', length });
const text: EntitySchemaColumnOptions = { type: 'text' };
const integer: EntitySchemaColumnOptions = { type: 'bigint' };

/** `created_at` as `createdAtMs` of the mesh; `data` is the whole thing as JSON. */
const NAMES = {
  mesh_service: { namespace: key(64), name: key(128), created_at: integer },
  mesh_alias: {
    namespace: key(64),
    name: key(128),
    target_namespace: varchar(64),
    target_service: varchar(128),
    created_at: integer,
  },
  mesh_instance: { namespace: key(64), service: key(128), id: key(128), data: text },
} as const satisfies Record<string, Columns>;

const RULES = {
  mesh_route_rule: { id: key(128), data: text },
  mesh_service_routing: { namespace: key(64), service: key(128), data: text },
} as const satisfies Record<string, Columns>;

/** What follows the registry log. */
export const nameTables = slotTables(NAMES);
/** What follows the rules log. */
export const ruleTables = slotTables(RULES);

/** The tables of this read model, for `openDatabase`. */
export const meshEntities = [...nameTables.entities, ...ruleTables.entities];

/** The steps that lead to these tables, for `openDatabase`. */
export const meshMigrations: readonly Migration[] = [
  {
    name: 'mesh/tables-1764084600000',
    up: (runner) => recreateTables(runner, meshEntities, [MESH_PROJECTION, MESH_RULES_PROJECTION]),
  },
];

export interface ServiceRow {
  readonly namespace: string;
  readonly name: string;
  readonly created_at: number;
}

export interface AliasRow {
  readonly namespace: string;
  readonly name: string;
  readonly target_namespace: string;
  readonly target_service: string;
  readonly created_at: number;
}

export interface InstanceRow {
  readonly namespace: string;
  readonly service: string;
  readonly id: string;
  readonly data: string;
}

export interface RuleRow {
  readonly id: string;
  readonly data: string;
}

export interface RoutingRow {
  readonly namespace: string;
  readonly service: string;
  readonly data: string;
}
