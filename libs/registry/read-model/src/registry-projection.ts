import type { ReadModelTx, SqlRow, SqlValue } from '@thuban/database';
import { streamId, type RegistryEvent } from '@thuban/events';
import type { Projection, Recorded, Slot } from '@thuban/event-sourcing';
import { applyEvent, keyOf, rowsOver, type Batch, type KnownInstance } from './batch.js';
import type { AliasRow, IdempotencyRow, InstanceRow, NamespaceRow, ServiceRow } from './rows.js';
import { columnsOf, keyColumnsOf, REGISTRY_PROJECTION, tableIn, TABLES, type TableName } from './schemas.js';

type Event = Recorded<RegistryEvent>;
type Keys = readonly (readonly string[])[];

/** The tables that are written. */
interface Target {
  readonly tx: ReadModelTx;
  readonly slot: Slot;
}

const KEPT_MS = 24 * 60 * 60 * 1000;
/** The rows of a table with these keys; `columns` beside the key's. */
const fetchRows = async <R>(
  { tx, slot }: Target,
  table: TableName,
  keys: Keys,
  columns = columnsOf(table),
): Promise<Map<string, R>> => {
  const names = keyColumnsOf(table);
  const distinct = [...new Map(keys.map((key) => [keyOf(...key), key])).values()];
  const found = new Map<string, R>();
  for (const row of await tx.withKeys<R & Record<string, string>>(tableIn(slot, table), columns, names, distinct))
    found.set(keyOf(...names.map((name) => row[name] ?? '')), row);
  return found;
};

const keysFor = <T extends Event>(
  events: readonly Event[],
  is: (event: Event) => event is T,
  key: (event: T) => readonly string[],
): Keys => events.filter(is).map(key);

type EventOf<T extends RegistryEvent['type']> = Extract<Event, { type: T }>;
const ofTypes =
  <T extends RegistryEvent['type']>(...types: readonly T[]) =>
  (event: Event): event is EventOf<T> =>
    (types as readonly string[]).includes(event.type);

/** Which service an event is about, if any. */
const servicesOf = (event: Event): Keys => {
  switch (event.type) {
    case 'ServiceCreated':
    case 'ServiceChanged':
    case 'ServiceDeleted':
      return [[event.data.namespace, event.data.name]];
    case 'InstanceRegistered':
    case 'InstanceChanged':
    case 'InstanceDeregistered':
      return [[event.data.namespace, event.data.service]];
    case 'NamespaceCreated':
    case 'NamespaceChanged':
    case 'NamespaceDeleted':
    case 'AliasCreated':
    case 'AliasDeleted':
      return [];
  }
};

/** Reads what the events of a batch need of the rows before it: a handful of queries for each batch, whatever its size. */
const loadBatch = async (target: Target, events: readonly Event[]): Promise<Batch> => {
  const namespaceKeys = keysFor(events, ofTypes('NamespaceCreated', 'NamespaceChanged'), ({ data }) => [data.name]);
  const aliasKeys = keysFor(events, ofTypes('AliasCreated'), ({ data }) => [data.namespace, data.name]);
  const instanceKeys = keysFor(events, ofTypes('InstanceChanged', 'InstanceDeregistered'), ({ data }) => [
    data.namespace,
    data.service,
    data.id,
  ]);
  const known = await fetchRows<KnownInstance>(target, 'registry_instance', instanceKeys, [
    'incarnation',
    'registered_at',
  ]);
  const instances = rowsOver<InstanceRow | KnownInstance>(known);
  const idsBefore = await idsOfDeletedServices(target, events);
  const hasInstances = (namespace: string, service: string): boolean => {
    const prefix = `${keyOf(namespace, service)}\n`;
    const before = idsBefore.get(keyOf(namespace, service)) ?? [];
    const registered = [...instances.changed].some(([key, row]) => row !== undefined && key.startsWith(prefix));
    return registered || before.some((id) => !instances.changed.has(prefix + id));
  };
  return {
    namespaces: rowsOver(await fetchRows<NamespaceRow>(target, 'registry_namespace', namespaceKeys)),
    services: rowsOver(await fetchRows<ServiceRow>(target, 'registry_service', events.flatMap(servicesOf))),
    aliases: rowsOver(await fetchRows<AliasRow>(target, 'registry_alias', aliasKeys)),
    instances,
    hasInstances,
  };
};

const idsOfDeletedServices = async (
  { tx, slot }: Target,
  events: readonly Event[],
): Promise<Map<string, readonly string[]>> => {
  const ids = new Map<string, readonly string[]>();
  for (const { data } of events.filter(ofTypes('ServiceDeleted'))) {
    const sql = `SELECT id FROM ${tableIn(slot, 'registry_instance')} WHERE namespace = ? AND service = ?`;
    const rows = await tx.query<{ id: string }>(sql, [data.namespace, data.name]);
    ids.set(
      keyOf(data.namespace, data.name),
      rows.map(({ id }) => id),
    );
  }
  return ids;
};

const write = async <R extends object>(
  { tx, slot }: Target,
  table: TableName,
  changed: ReadonlyMap<string, R | undefined>,
): Promise<void> => {
  const columns = columnsOf(table);
  const rows: SqlRow[] = [];
  const gone: SqlRow[] = [];
  for (const [key, row] of changed)
    if (row) rows.push(columns.map((column) => (row as Record<string, SqlValue>)[column] ?? null));
    else gone.push(key.split('\n'));
  if (gone.length > 0) await tx.deleteWhere(tableIn(slot, table), keyColumnsOf(table), gone);
  if (rows.length > 0) await tx.upsert(tableIn(slot, table), columns, keyColumnsOf(table), rows);
};

/** Keys are remembered for 24 hours of event time, so a rebuild forgets the same as the process that lived through it. */
const rememberKeys = async (target: Target, events: readonly Event[]): Promise<void> => {
  const rows = new Map<string, IdempotencyRow>();
  for (const { meta, timeMs } of events) {
    if (!meta.idempotency) continue;
    const { key, fingerprint, answer } = meta.idempotency;
    rows.set(key, { idempotency_key: key, fingerprint, answer: JSON.stringify(answer), at: timeMs });
  }
  if (rows.size === 0) return;
  await write(target, 'registry_idempotency', rows);
  const newest = Math.max(...[...rows.values()].map(({ at }) => at));
  await target.tx.query(`DELETE FROM ${tableIn(target.slot, 'registry_idempotency')} WHERE at <= ?`, [
    newest - KEPT_MS,
  ]);
};

/** Rows are made from this many events at a time: what is synchronous in it holds up the process for a few milliseconds. */
const SLICE = 500;

const projectSlice = async (target: Target, events: readonly Event[]): Promise<void> => {
  const batch = await loadBatch(target, events);
  for (const event of events) applyEvent(batch, event);
  await write(target, 'registry_namespace', batch.namespaces.changed);
  await write(target, 'registry_service', batch.services.changed);
  await write(target, 'registry_alias', batch.aliases.changed);
  await write(target, 'registry_instance', batch.instances.changed);
  await rememberKeys(target, events);
};

/** What an event that cannot be folded holds up: its service with its instances, its alias, or its namespace. */
const keyOfEvent = (event: Event): string => {
  switch (event.type) {
    case 'NamespaceCreated':
    case 'NamespaceChanged':
    case 'NamespaceDeleted':
      return streamId('namespace', event.data.name);
    case 'AliasCreated':
    case 'AliasDeleted':
      return streamId('alias', event.data.namespace, event.data.name);
    case 'ServiceCreated':
    case 'ServiceChanged':
    case 'ServiceDeleted':
      return streamId('service', event.data.namespace, event.data.name);
    case 'InstanceRegistered':
    case 'InstanceChanged':
    case 'InstanceDeregistered':
      return streamId('service', event.data.namespace, event.data.service);
  }
};

/** Keeps the rows of namespaces, services, aliases, instances and remembered idempotency keys: one final row a key and slice. */
export const registryProjection: Projection<ReadModelTx, RegistryEvent> = {
  name: REGISTRY_PROJECTION,
  keyOf: keyOfEvent,
  project: async (tx, events, slot) => {
    for (let from = 0; from < events.length; from += SLICE)
      await projectSlice({ tx, slot }, events.slice(from, from + SLICE));
  },
  reset: async (tx, slot) => {
    for (const table of Object.keys(TABLES)) await tx.clear(tableIn(slot, table as TableName));
  },
};
