import type { ReadModelDatabase, ReadModelReader, SlotTables } from '@thuban/database';
import type { Instance, RegistryEvent, RouteRule, RulesEvent, ServiceRouting } from '@thuban/events';
import { checkpointName, type Checkpoint, type Recorded, type Slot } from '@thuban/event-sourcing';
import type { MeshRows } from '@thuban/xds-mesh';
import {
  MESH_PROJECTION,
  MESH_RULES_PROJECTION,
  nameTables,
  ruleTables,
  type AliasRow,
  type InstanceRow,
  type RoutingRow,
  type RuleRow,
  type ServiceRow,
} from './schemas.js';

/** How far the rows of one log have come. */
export interface LoadedLog<E extends RegistryEvent | RulesEvent> {
  /** Where the log is to be read on from; `undefined`: from the beginning. */
  readonly checkpoint: Checkpoint | undefined;
  /** Events up to the checkpoint that no row has, because their projection is parked: to be folded after the rows. */
  readonly waiting: readonly Recorded<E>[];
}

/** The mesh as its rows hold it, all of one moment. */
export interface LoadedMesh {
  readonly registry: LoadedLog<RegistryEvent>;
  readonly rules: LoadedLog<RulesEvent>;
  readonly rows: Required<MeshRows>;
}

const PAGE = 2000;
const SERVICE = ['namespace', 'name', 'created_at'];

const all = async <T extends string, R>(
  reader: ReadModelReader,
  tables: SlotTables<T>,
  slot: Slot,
  table: T,
  columns: readonly string[],
): Promise<R[]> => {
  const rows: R[] = [];
  const pages = reader.pages<R>({
    ...{ table: tables.nameIn(slot, table), keyColumns: tables.keyColumns(table) },
    ...{ columns, size: PAGE },
  });
  for await (const page of pages) for (const row of page) rows.push(row);
  return rows;
};

/** One parse of a long text is far cheaper than one for each row; a page at a time, so that few texts are in memory. */
const instancesOf = (rows: readonly InstanceRow[]): readonly Instance[] =>
  JSON.parse(`[${rows.map(({ data }) => data).join(',')}]`) as readonly Instance[];

const instancesIn = async (reader: ReadModelReader, slot: Slot): Promise<readonly Instance[]> => {
  const instances: Instance[] = [];
  const pages = reader.pages<InstanceRow>({
    table: nameTables.nameIn(slot, 'mesh_instance'),
    keyColumns: nameTables.keyColumns('mesh_instance'),
    columns: ['data'],
    size: PAGE / 2, // an event may be 256 Ki characters, and V8 refuses strings over 512 Mi
  });
  for await (const page of pages) for (const instance of instancesOf(page)) instances.push(instance);
  return instances;
};

const logOf = async <E extends RegistryEvent | RulesEvent>(
  reader: ReadModelReader,
  projection: string,
  slot: Slot,
): Promise<LoadedLog<E>> => {
  const name = checkpointName(projection, slot);
  return {
    checkpoint: await reader.checkpointOf(name),
    waiting: (await reader.parkedEvents(name)).map(({ event }) => JSON.parse(event) as Recorded<E>),
  };
};

/** Reads the rows back: how a process starts without reading the whole logs. */
export const loadMesh = (database: ReadModelDatabase): Promise<LoadedMesh> =>
  database.snapshot(async (reader) => {
    const slot = await reader.activeSlot(MESH_PROJECTION);
    const rulesSlot = await reader.activeSlot(MESH_RULES_PROJECTION);
    const services = await all<'mesh_service', ServiceRow>(reader, nameTables, slot, 'mesh_service', SERVICE);
    const aliasColumns = ['namespace', 'name', 'target_namespace', 'target_service', 'created_at'];
    const aliases = await all<'mesh_alias', AliasRow>(reader, nameTables, slot, 'mesh_alias', aliasColumns);
    const rules = await all<'mesh_route_rule', RuleRow>(reader, ruleTables, rulesSlot, 'mesh_route_rule', ['data']);
    const routings = await all<'mesh_service_routing', RoutingRow>(
      reader,
      ruleTables,
      rulesSlot,
      'mesh_service_routing',
      ['data'],
    );
    return {
      registry: await logOf<RegistryEvent>(reader, MESH_PROJECTION, slot),
      rules: await logOf<RulesEvent>(reader, MESH_RULES_PROJECTION, rulesSlot),
      rows: {
        services: services.map(({ namespace, name, created_at }) => ({ namespace, name, createdAtMs: created_at })),
        aliases: aliases.map(aliasOf),
        instances: await instancesIn(reader, slot),
        routeRules: rules.map(({ data }) => JSON.parse(data) as RouteRule),
        serviceRoutings: routings.map(({ data }) => JSON.parse(data) as ServiceRouting),
      },
    };
  });

const aliasOf = ({ namespace, name, target_namespace, target_service, created_at }: AliasRow) => ({
  ...{ namespace, name, createdAtMs: created_at },
  ...{ targetNamespace: target_namespace, targetService: target_service },
});
