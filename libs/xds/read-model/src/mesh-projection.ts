import { rowKey, rowsOver, type BatchRows, type ReadModelTx } from '@thuban/database';
import { streamId, type Instance, type RegistryEvent } from '@thuban/events';
import type { Projection, Recorded, Slot } from '@thuban/event-sourcing';
import { MESH_PROJECTION, nameTables, type AliasRow, type InstanceRow, type ServiceRow } from './schemas.js';

type Event = Recorded<RegistryEvent>;

/** The rows that the events of a batch look at. */
interface Batch {
  readonly services: BatchRows<ServiceRow>;
  readonly aliases: BatchRows<AliasRow>;
  /** By service, then by id: of those that the batch deletes all rows from before go. */
  readonly instances: Map<string, Map<string, InstanceRow | undefined>>;
  readonly emptied: Map<string, Pick<ServiceRow, 'namespace' | 'name'>>;
}

/** The namespace and name of the service or alias that an event is about, if any. */
const nameOf = ({
  type,
  data,
}: Event): { readonly kind: 'service' | 'alias'; readonly key: readonly [string, string] } | undefined => {
  switch (type) {
    case 'NamespaceCreated':
    case 'NamespaceChanged':
    case 'NamespaceDeleted':
      return undefined;
    case 'ServiceCreated':
    case 'ServiceChanged':
    case 'ServiceDeleted':
      return { kind: 'service', key: [data.namespace, data.name] };
    case 'AliasCreated':
    case 'AliasDeleted':
      return { kind: 'alias', key: [data.namespace, data.name] };
    case 'InstanceRegistered':
    case 'InstanceChanged':
    case 'InstanceDeregistered':
      return { kind: 'service', key: [data.namespace, data.service] };
  }
};

/** Applies one event to the rows: the same rules as `evolveMesh`. */
const applyEvent = (batch: Batch, event: Event): void => {
  switch (event.type) {
    case 'NamespaceCreated':
    case 'NamespaceChanged':
    case 'NamespaceDeleted':
      return;
    case 'ServiceCreated':
    case 'ServiceChanged':
      return serviceSeen(batch, event.data.namespace, event.data.name, event.timeMs);
    case 'ServiceDeleted':
      return serviceGone(batch, event.data.namespace, event.data.name);
    case 'AliasCreated':
      return aliasSeen(batch, event);
    case 'AliasDeleted':
      return batch.aliases.set(rowKey(event.data.namespace, event.data.name), undefined);
    case 'InstanceRegistered':
    case 'InstanceChanged':
      serviceSeen(batch, event.data.namespace, event.data.service, event.timeMs);
      return setInstance(batch, event.data, JSON.stringify(event.data));
    case 'InstanceDeregistered':
      return setInstance(batch, event.data, undefined);
  }
};

const serviceSeen = ({ services }: Batch, namespace: string, name: string, timeMs: number): void => {
  const key = rowKey(namespace, name);
  if (!services.get(key)) services.set(key, { namespace, name, created_at: timeMs });
};

const serviceGone = ({ services, instances, emptied }: Batch, namespace: string, name: string): void => {
  const key = rowKey(namespace, name);
  services.set(key, undefined);
  instances.delete(key);
  emptied.set(key, { namespace, name });
};

const aliasSeen = ({ aliases }: Batch, { data, timeMs }: Extract<Event, { readonly type: 'AliasCreated' }>): void => {
  const { namespace, name, targetNamespace, targetService } = data;
  const known = aliases.get(rowKey(namespace, name));
  if (known?.target_namespace === targetNamespace && known.target_service === targetService) return;
  const row = { target_namespace: targetNamespace, target_service: targetService, created_at: timeMs };
  aliases.set(rowKey(namespace, name), { namespace, name, ...row });
};

const setInstance = (
  { instances }: Batch,
  { namespace, service, id }: Pick<Instance, 'namespace' | 'service' | 'id'>,
  data: string | undefined,
): void => {
  const key = rowKey(namespace, service);
  const ofService = instances.get(key) ?? new Map<string, InstanceRow | undefined>();
  instances.set(
    key,
    ofService.set(rowKey(namespace, service, id), data === undefined ? undefined : { namespace, service, id, data }),
  );
};

/** Rows are made from this many events at a time: what is synchronous in it holds up the process for a few milliseconds. */
const SLICE = 500;

const projectSlice = async (tx: ReadModelTx, slot: Slot, events: readonly Event[]): Promise<void> => {
  const names = events.map(nameOf);
  const keysOf = (kind: 'service' | 'alias') => names.flatMap((name) => (name?.kind === kind ? [name.key] : []));
  const batch: Batch = {
    services: rowsOver(await nameTables.fetch<ServiceRow>(tx, slot, 'mesh_service', keysOf('service'))),
    aliases: rowsOver(await nameTables.fetch<AliasRow>(tx, slot, 'mesh_alias', keysOf('alias'))),
    instances: new Map(),
    emptied: new Map(),
  };
  for (const event of events) applyEvent(batch, event);
  const gone = [...batch.emptied.values()].map(({ namespace, name }) => [namespace, name]);
  await tx.deleteWhere(nameTables.nameIn(slot, 'mesh_instance'), ['namespace', 'service'], gone);
  await nameTables.write(tx, slot, 'mesh_service', batch.services.changed);
  await nameTables.write(tx, slot, 'mesh_alias', batch.aliases.changed);
  const instances = new Map([...batch.instances.values()].flatMap((ofService) => [...ofService]));
  await nameTables.write(tx, slot, 'mesh_instance', instances);
};

/** Keeps the rows of the names and instances that proxies see, from the registry log. */
export const meshProjection: Projection<ReadModelTx, RegistryEvent> = {
  name: MESH_PROJECTION,
  keyOf: (event) => {
    const name = nameOf(event);
    return name ? streamId(name.kind, ...name.key) : event.stream;
  },
  project: async (tx, events, slot) => {
    for (let from = 0; from < events.length; from += SLICE)
      await projectSlice(tx, slot, events.slice(from, from + SLICE));
  },
  reset: nameTables.clear,
};
