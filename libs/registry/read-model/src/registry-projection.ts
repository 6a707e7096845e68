import { rowKey, rowsOver, type ReadModelTx } from '@thuban/database';
import { streamId, type RegistryEvent } from '@thuban/events';
import type { Projection, Recorded, Slot } from '@thuban/event-sourcing';
import { applyEvent, type Batch, type KnownInstance } from './batch.js';
import type { AliasRow, IdempotencyRow, InstanceRow, NamespaceRow, ServiceRow } from './rows.js';
import { REGISTRY_PROJECTION, tables, type TableName } from './schemas.js';

type Event = Recorded<RegistryEvent>;
type Keys = readonly (readonly string[])[];

/** The tables that are written. */
interface Target {
  readonly tx: ReadModelTx;
  readonly slot: Slot;
}

const KEPT_MS = 24 * 60 * 60 * 1000;

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
  const fetch = <R>(table: TableName, keys: Keys, columns?: readonly string[]): Promise<Map<string, R>> =>
    tables.fetch<R>(target.tx, target.slot, table, keys, columns);
  const namespaceKeys = keysFor(events, ofTypes('NamespaceCreated', 'NamespaceChanged'), ({ data }) => [data.name]);
  const aliasKeys = keysFor(events, ofTypes('AliasCreated'), ({ data }) => [data.namespace, data.name]);
  const instanceKeys = keysFor(events, ofTypes('InstanceChanged', 'InstanceDeregistered'), ({ data }) => [
    data.namespace,
    data.service,
    data.id,
  ]);
  const known = await fetch<KnownInstance>('registry_instance', instanceKeys, ['incarnation', 'registered_at']);
  const instances = rowsOver<InstanceRow | KnownInstance>(known);
  const idsBefore = await idsOfDeletedServices(target, events);
  const hasInstances = (namespace: string, service: string): boolean => {
    const prefix = `${rowKey(namespace, service)}\n`;
    const before = idsBefore.get(rowKey(namespace, service)) ?? [];
    const registered = [...instances.changed].some(([key, row]) => row !== undefined && key.startsWith(prefix));
    return registered || before.some((id) => !instances.changed.has(prefix + id));
  };
  return {
    namespaces: rowsOver(await fetch<NamespaceRow>('registry_namespace', namespaceKeys)),
    services: rowsOver(await fetch<ServiceRow>('registry_service', events.flatMap(servicesOf))),
    aliases: rowsOver(await fetch<AliasRow>('registry_alias', aliasKeys)),
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
    const sql = `SELECT id FROM ${tables.nameIn(slot, 'registry_instance')} WHERE namespace = ? AND service = ?`;
    const rows = await tx.query<{ id: string }>(sql, [data.namespace, data.name]);
    ids.set(
      rowKey(data.namespace, data.name),
      rows.map(({ id }) => id),
    );
  }
  return ids;
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
  await tables.write(target.tx, target.slot, 'registry_idempotency', rows);
  const newest = Math.max(...[...rows.values()].map(({ at }) => at));
  await target.tx.query(`DELETE FROM ${tables.nameIn(target.slot, 'registry_idempotency')} WHERE at <= ?`, [
    newest - KEPT_MS,
  ]);
};

/** Rows are made from this many events at a time: what is synchronous in it holds up the process for a few milliseconds. */
const SLICE = 500;

const projectSlice = async (target: Target, events: readonly Event[]): Promise<void> => {
  const batch = await loadBatch(target, events);
  for (const event of events) applyEvent(batch, event);
  await tables.write(target.tx, target.slot, 'registry_namespace', batch.namespaces.changed);
  await tables.write(target.tx, target.slot, 'registry_service', batch.services.changed);
  await tables.write(target.tx, target.slot, 'registry_alias', batch.aliases.changed);
  await tables.write(target.tx, target.slot, 'registry_instance', batch.instances.changed);
  await rememberKeys(target, events);
};

/** What an event that cannot be folded holds up: its service with its instances, its alias, or its namespace. */
const keyOf = (event: Event): string => {
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
  keyOf,
  project: async (tx, events, slot) => {
    for (let from = 0; from < events.length; from += SLICE)
      await projectSlice({ tx, slot }, events.slice(from, from + SLICE));
  },
  reset: tables.clear,
};
