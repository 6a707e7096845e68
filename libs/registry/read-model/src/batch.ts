import { rowKey, type BatchRows } from '@thuban/database';
import type { RegistryEvent, Service } from '@thuban/events';
import type { Recorded } from '@thuban/event-sourcing';
import {
  aliasRow,
  instanceRow,
  namespaceRow,
  serviceRow,
  type AliasRow,
  type InstanceRow,
  type NamespaceRow,
  type ServiceRow,
} from './rows.js';

/** What of an instance's row a later event of it needs. */
export type KnownInstance = Pick<InstanceRow, 'incarnation' | 'registered_at'>;

/** All rows that the events of a batch look at. */
export interface Batch {
  readonly namespaces: BatchRows<NamespaceRow>;
  readonly services: BatchRows<ServiceRow>;
  readonly aliases: BatchRows<AliasRow>;
  readonly instances: BatchRows<InstanceRow | KnownInstance>;
  /** Whether a service has instances; asked only for services that the batch deletes. */
  readonly hasInstances: (namespace: string, service: string) => boolean;
}

type EventOf<T extends RegistryEvent['type']> = Extract<Recorded<RegistryEvent>, { type: T }>;

/** Applies one event to the rows: the same rules as the domain's `evolve`, without the counts, which follow from the rows. */
export const applyEvent = (batch: Batch, event: Recorded<RegistryEvent>): void => {
  switch (event.type) {
    case 'NamespaceCreated':
    case 'NamespaceChanged':
      return namespaceDescribed(batch, event);
    case 'NamespaceDeleted':
      return batch.namespaces.set(rowKey(event.data.name), undefined);
    case 'ServiceCreated':
    case 'ServiceChanged':
      return serviceDescribed(batch, event);
    case 'ServiceDeleted':
      return serviceDeleted(batch, event);
    case 'AliasCreated':
      return aliasCreated(batch, event);
    case 'AliasDeleted':
      return batch.aliases.set(rowKey(event.data.namespace, event.data.name), undefined);
    case 'InstanceRegistered':
      return instanceRegistered(batch, event);
    case 'InstanceChanged':
      return instanceChanged(batch, event);
    case 'InstanceDeregistered':
      return instanceDeregistered(batch, event);
  }
};

const namespaceDescribed = ({ namespaces }: Batch, event: EventOf<'NamespaceCreated' | 'NamespaceChanged'>): void => {
  const { data, seq, timeMs } = event;
  const known = namespaces.get(rowKey(data.name));
  const created = { created_seq: known?.created_seq ?? seq, created_at: known?.created_at ?? timeMs };
  namespaces.set(rowKey(data.name), namespaceRow(data, { ...created, changed_seq: seq, changed_at: timeMs }));
};

const newStamps = (seq: number, timeMs: number) => ({
  created_seq: seq,
  created_at: timeMs,
  changed_seq: seq,
  changed_at: timeMs,
  touched_seq: seq,
});

const serviceDescribed = ({ services }: Batch, event: EventOf<'ServiceCreated' | 'ServiceChanged'>): void => {
  const { data, seq, timeMs } = event;
  const key = rowKey(data.namespace, data.name);
  const created = services.get(key) ?? { created_seq: seq, created_at: timeMs };
  const { created_seq, created_at } = created;
  services.set(key, serviceRow(data, { ...newStamps(seq, timeMs), created_seq, created_at, implied: 0 }));
};

const undescribed = (namespace: string, name: string): Service => ({
  namespace,
  name,
  metadata: {},
  ports: '',
  business: '',
  department: '',
  comment: '',
  owners: '',
});

const serviceDeleted = ({ services, hasInstances }: Batch, event: EventOf<'ServiceDeleted'>): void => {
  const { data, seq, timeMs } = event;
  const key = rowKey(data.namespace, data.name);
  const known = services.get(key);
  if (!known) return;
  if (!hasInstances(data.namespace, data.name)) return services.set(key, undefined);
  const { created_seq, created_at } = known;
  const stamps = { ...newStamps(seq, timeMs), created_seq, created_at, implied: 1 };
  services.set(key, serviceRow(undescribed(data.namespace, data.name), stamps));
};

const aliasCreated = ({ aliases }: Batch, { data, seq, timeMs }: EventOf<'AliasCreated'>): void => {
  const key = rowKey(data.namespace, data.name);
  aliases.set(key, aliasRow(data, { seq, created_at: aliases.get(key)?.created_at ?? timeMs }));
};

const instanceRegistered = (batch: Batch, { data, seq, timeMs }: EventOf<'InstanceRegistered'>): void => {
  const stamps = { incarnation: seq, seq, registered_at: timeMs, changed_at: timeMs };
  batch.instances.set(rowKey(data.namespace, data.service, data.id), instanceRow(data, stamps));
  const key = rowKey(data.namespace, data.service);
  const home = batch.services.get(key);
  const implied = () =>
    serviceRow(undescribed(data.namespace, data.service), { ...newStamps(seq, timeMs), implied: 1 });
  batch.services.set(key, home ? { ...home, touched_seq: seq } : implied());
};

const instanceChanged = (batch: Batch, { data, seq, timeMs }: EventOf<'InstanceChanged'>): void => {
  const key = rowKey(data.namespace, data.service, data.id);
  const known = batch.instances.get(key);
  if (!known) return;
  const { incarnation, registered_at } = known;
  batch.instances.set(key, instanceRow(data, { incarnation, registered_at, seq, changed_at: timeMs }));
  touch(batch, data.namespace, data.service, seq);
};

const instanceDeregistered = (batch: Batch, { data, seq }: EventOf<'InstanceDeregistered'>): void => {
  const key = rowKey(data.namespace, data.service, data.id);
  if (!batch.instances.get(key)) return;
  batch.instances.set(key, undefined);
  touch(batch, data.namespace, data.service, seq);
};

const touch = ({ services }: Batch, namespace: string, name: string, seq: number): void => {
  const home = services.get(rowKey(namespace, name));
  if (home) services.set(rowKey(namespace, name), { ...home, touched_seq: seq });
};
