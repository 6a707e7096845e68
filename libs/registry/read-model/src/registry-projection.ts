import type { ReadModelTx, SqlRow, SqlValue } from '@thuban/database';
import type { RegistryEvent } from '@thuban/events';
import type { Projection, Recorded } from '@thuban/event-sourcing';
import { applyEvent, keyOf, rowsOver, type Batch, type KnownInstance } from './batch.js';
import type { AliasRow, IdempotencyRow, InstanceRow, NamespaceRow, ServiceRow } from './rows.js';
import { columnsOf, keyColumnsOf, REGISTRY_PROJECTION, TABLES, type TableName } from './schemas.js';

type Event = Recorded<RegistryEvent>;
type Keys = readonly (readonly string[])[];

const KEPT_MS = 24 * 60 * 60 * 1000;
const KEYS_PER_QUERY = 200;

/** The rows of a table with these keys; `columns` beside the key's. */
const fetchRows = async <R>(
  tx: ReadModelTx,
  table: TableName,
  keys: Keys,
  columns = columnsOf(table),
): Promise<Map<string, R>> => {
  const names = keyColumnsOf(table);
  const distinct = [...new Map(keys.map((key) => [keyOf(...key), key])).values()];
  const found = new Map<string, R>();
  for (let from = 0; from < distinct.length; from += KEYS_PER_QUERY) {
    const chunk = distinct.slice(from, from + KEYS_PER_QUERY);
    const places = chunk.map(() => `(${names.map(() => '?').join(',')})`).join(',');
    const sql = `SELECT ${[...new Set([...names, ...columns])].join(', ')} FROM ${table} WHERE (${names.join(', ')}) IN (VALUES ${places})`;
    for (const row of await tx.query<R & Record<string, string>>(sql, chunk.flat()))
      found.set(keyOf(...names.map((name) => row[name] ?? '')), row);
  }
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
const loadBatch = async (tx: ReadModelTx, events: readonly Event[]): Promise<Batch> => {
  const namespaceKeys = keysFor(events, ofTypes('NamespaceCreated', 'NamespaceChanged'), ({ data }) => [data.name]);
  const aliasKeys = keysFor(events, ofTypes('AliasCreated'), ({ data }) => [data.namespace, data.name]);
  const instanceKeys = keysFor(events, ofTypes('InstanceChanged', 'InstanceDeregistered'), ({ data }) => [
    data.namespace,
    data.service,
    data.id,
  ]);
  const known = await fetchRows<KnownInstance>(tx, 'registry_instance', instanceKeys, ['incarnation', 'registered_at']);
  const instances = rowsOver<InstanceRow | KnownInstance>(known);
  const idsBefore = await idsOfDeletedServices(tx, events);
  const hasInstances = (namespace: string, service: string): boolean => {
    const prefix = `${keyOf(namespace, service)}\n`;
    const before = idsBefore.get(keyOf(namespace, service)) ?? [];
    const registered = [...instances.changed].some(([key, row]) => row !== undefined && key.startsWith(prefix));
    return registered || before.some((id) => !instances.changed.has(prefix + id));
  };
  return {
    namespaces: rowsOver(await fetchRows<NamespaceRow>(tx, 'registry_namespace', namespaceKeys)),
    services: rowsOver(await fetchRows<ServiceRow>(tx, 'registry_service', events.flatMap(servicesOf))),
    aliases: rowsOver(await fetchRows<AliasRow>(tx, 'registry_alias', aliasKeys)),
    instances,
    hasInstances,
  };
};

const idsOfDeletedServices = async (
  tx: ReadModelTx,
  events: readonly Event[],
): Promise<Map<string, readonly string[]>> => {
  const ids = new Map<string, readonly string[]>();
  for (const { data } of events.filter(ofTypes('ServiceDeleted'))) {
    const sql = 'SELECT id FROM registry_instance WHERE namespace = ? AND service = ?';
    const rows = await tx.query<{ id: string }>(sql, [data.namespace, data.name]);
    ids.set(
      keyOf(data.namespace, data.name),
      rows.map(({ id }) => id),
    );
  }
  return ids;
};

const write = async <R extends object>(
  tx: ReadModelTx,
  table: TableName,
  changed: ReadonlyMap<string, R | undefined>,
): Promise<void> => {
  const columns = columnsOf(table);
  const rows: SqlRow[] = [];
  const gone: SqlRow[] = [];
  for (const [key, row] of changed)
    if (row) rows.push(columns.map((column) => (row as Record<string, SqlValue>)[column] ?? null));
    else gone.push(key.split('\n'));
  if (gone.length > 0) await tx.deleteWhere(table, keyColumnsOf(table), gone);
  if (rows.length > 0) await tx.upsert(table, columns, keyColumnsOf(table), rows);
};

/** Keys are remembered for 24 hours of event time, so a rebuild forgets the same as the process that lived through it. */
const rememberKeys = async (tx: ReadModelTx, events: readonly Event[]): Promise<void> => {
  const rows = new Map<string, IdempotencyRow>();
  for (const { meta, timeMs } of events) {
    if (!meta.idempotency) continue;
    const { key, fingerprint, answer } = meta.idempotency;
    rows.set(key, { idempotency_key: key, fingerprint, answer: JSON.stringify(answer), at: timeMs });
  }
  if (rows.size === 0) return;
  await write(tx, 'registry_idempotency', rows);
  const newest = Math.max(...[...rows.values()].map(({ at }) => at));
  await tx.query('DELETE FROM registry_idempotency WHERE at <= ?', [newest - KEPT_MS]);
};

/** Rows are made from this many events at a time: what is synchronous in it holds up the process for a few milliseconds. */
const SLICE = 500;

const projectSlice = async (tx: ReadModelTx, events: readonly Event[]): Promise<void> => {
  const batch = await loadBatch(tx, events);
  for (const event of events) applyEvent(batch, event);
  await write(tx, 'registry_namespace', batch.namespaces.changed);
  await write(tx, 'registry_service', batch.services.changed);
  await write(tx, 'registry_alias', batch.aliases.changed);
  await write(tx, 'registry_instance', batch.instances.changed);
  await rememberKeys(tx, events);
};

/** Keeps the rows of namespaces, services, aliases, instances and remembered idempotency keys: one final row a key and slice. */
export const registryProjection: Projection<ReadModelTx, RegistryEvent> = {
  name: REGISTRY_PROJECTION,
  project: async (tx, events) => {
    for (let from = 0; from < events.length; from += SLICE) await projectSlice(tx, events.slice(from, from + SLICE));
  },
  reset: async (tx) => {
    for (const table of Object.keys(TABLES)) await tx.query(`DELETE FROM ${table}`);
  },
};
