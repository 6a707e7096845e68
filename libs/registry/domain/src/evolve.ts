import type { Alias, Instance, Namespace, RegistryEvent, Service } from '@thuban/events';
import type { Lookup, Recorded } from '@thuban/event-sourcing';
import { aliasKey, aliasTargetKey, idKey, instanceKey, namespaceKey, serviceKey } from './keys.js';
import {
  entryAt,
  findAlias,
  findAliasTarget,
  findInstance,
  findInstanceId,
  findNamespace,
  findService,
} from './lookup.js';
import type { InstanceIdEntry, InstancePlace, NamespaceEntry, RegistryEntry, ServiceEntry } from './state.js';

type State = Lookup<RegistryEntry>;
type Change = readonly [key: string, value: RegistryEntry | undefined];
type Stamp = { readonly seq: number; readonly timeMs: number };

/**
 * Folds one event of the registry log: the keys that change and their new values.
 * The shards of the log may be read in any interleaving, so events about things unknown are tolerated and everything that two shards
 * touch (counts, implied namespaces, places of an id) comes out the same in every order.
 */
export const evolve = (state: State, event: Recorded<RegistryEvent>): readonly Change[] => {
  switch (event.type) {
    case 'NamespaceCreated':
    case 'NamespaceChanged':
      return namespaceDescribed(state, event.data, event);
    case 'NamespaceDeleted':
      return namespaceDeleted(state, event.data.name);
    case 'ServiceCreated':
    case 'ServiceChanged':
      return serviceDescribed(state, event.data, event);
    case 'ServiceDeleted':
      return serviceDeleted(state, event.data.namespace, event.data.name, event);
    case 'AliasCreated':
      return aliasCreated(state, event.data, event);
    case 'AliasDeleted':
      return aliasDeleted(state, event.data.namespace, event.data.name);
    case 'InstanceRegistered':
      return instanceRegistered(state, event.data, event);
    case 'InstanceChanged':
      return instanceChanged(state, event.data, event);
    case 'InstanceDeregistered':
      return instanceDeregistered(state, event.data.namespace, event.data.service, event.data.id, event.seq);
  }
};

const NO_METADATA = Object.freeze({});

/** What is known of a namespace that nobody described. */
export const undescribedNamespace = (name: string): Namespace => ({
  name,
  comment: '',
  owners: '',
  metadata: NO_METADATA,
});

/** What is known of a service that nobody described. */
export const undescribedService = (namespace: string, name: string): Service => ({
  namespace,
  name,
  metadata: NO_METADATA,
  ports: '',
  business: '',
  department: '',
  comment: '',
  owners: '',
});

const impliedNamespace = (name: string, services: number, aliases: number): NamespaceEntry => ({
  kind: 'namespace',
  namespace: undescribedNamespace(name),
  services,
  aliases,
  createdAtMs: 0,
  changedAtMs: 0,
  implied: true,
});

const namespaceDescribed = (state: State, namespace: Namespace, { timeMs }: Stamp): Change[] => {
  const known = findNamespace(state, namespace.name);
  const entry: NamespaceEntry = {
    kind: 'namespace',
    namespace,
    services: known?.services ?? 0,
    aliases: known?.aliases ?? 0,
    createdAtMs: known && !known.implied ? known.createdAtMs : timeMs,
    changedAtMs: timeMs,
    implied: false,
  };
  return [[namespaceKey(namespace.name), entry]];
};

const namespaceDeleted = (state: State, name: string): Change[] => {
  const known = findNamespace(state, name);
  if (!known) return [];
  const stillUsed = known.services + known.aliases > 0;
  return [[namespaceKey(name), stillUsed ? impliedNamespace(name, known.services, known.aliases) : undefined]];
};

/** Counts the services and aliases of a namespace. One that nobody created is there as long as it holds something. */
const counted = (state: State, name: string, services: number, aliases: number): Change => {
  const known = findNamespace(state, name) ?? impliedNamespace(name, 0, 0);
  const entry = { ...known, services: known.services + services, aliases: known.aliases + aliases };
  const gone = entry.implied && entry.services + entry.aliases === 0;
  return [namespaceKey(name), gone ? undefined : entry];
};

const newService = (state: State, service: Service, implied: boolean, { seq, timeMs }: Stamp): ServiceEntry => ({
  kind: 'service',
  service,
  instances: 0,
  aliases: findAliasTarget(state, service.namespace, service.name)?.aliases ?? 0,
  createdAtMs: timeMs,
  changedAtMs: timeMs,
  touchedSeq: seq,
  implied,
});

const serviceDescribed = (state: State, service: Service, stamp: Stamp): Change[] => {
  const { namespace, name } = service;
  const key = serviceKey(namespace, name);
  const known = findService(state, namespace, name);
  if (!known) return [[key, newService(state, service, false, stamp)], counted(state, namespace, 1, 0)];
  return [[key, { ...known, service, implied: false, changedAtMs: stamp.timeMs, touchedSeq: stamp.seq }]];
};

/** A service with instances is never deleted by `decide`; should the log say so, the instances go on implying it. */
const serviceDeleted = (state: State, namespace: string, name: string, { seq, timeMs }: Stamp): Change[] => {
  const known = findService(state, namespace, name);
  if (!known) return [];
  const key = serviceKey(namespace, name);
  if (known.instances === 0) return [[key, undefined], counted(state, namespace, -1, 0)];
  const service = undescribedService(namespace, name);
  return [[key, { ...known, service, implied: true, changedAtMs: timeMs, touchedSeq: seq }]];
};

const aliasesOf = (state: State, namespace: string, service: string, by: number): Change[] => {
  const aliases = (findAliasTarget(state, namespace, service)?.aliases ?? 0) + by;
  const known = findService(state, namespace, service);
  const target: Change = [
    aliasTargetKey(namespace, service),
    aliases > 0 ? { kind: 'alias-target', aliases } : undefined,
  ];
  return known ? [target, [serviceKey(namespace, service), { ...known, aliases }]] : [target];
};

const aliasCreated = (state: State, alias: Alias, { seq, timeMs }: Stamp): Change[] => {
  const { namespace, name, targetNamespace, targetService } = alias;
  const known = findAlias(state, namespace, name);
  const entry: Change = [
    aliasKey(namespace, name),
    { kind: 'alias', alias, createdAtMs: known?.createdAtMs ?? timeMs, seq },
  ];
  if (!known) return [entry, ...aliasesOf(state, targetNamespace, targetService, 1), counted(state, namespace, 0, 1)];
  const { targetNamespace: oldNamespace, targetService: oldService } = known.alias;
  if (oldNamespace === targetNamespace && oldService === targetService) return [entry];
  return [
    entry,
    ...aliasesOf(state, oldNamespace, oldService, -1),
    ...aliasesOf(state, targetNamespace, targetService, 1),
  ];
};

const aliasDeleted = (state: State, namespace: string, name: string): Change[] => {
  const known = findAlias(state, namespace, name);
  if (!known) return [];
  const { targetNamespace, targetService } = known.alias;
  return [
    [aliasKey(namespace, name), undefined],
    ...aliasesOf(state, targetNamespace, targetService, -1),
    counted(state, namespace, 0, -1),
  ];
};

/** The one event that comes in large numbers: each key is made once, and nothing is copied that need not be. */
const instanceRegistered = (state: State, instance: Instance, stamp: Stamp): Change[] => {
  const { namespace, service, id } = instance;
  const { seq, timeMs } = stamp;
  const key = instanceKey(namespace, service, id);
  const homeKey = serviceKey(namespace, service);
  const known = entryAt(state, key, 'instance');
  const home = entryAt(state, homeKey, 'service');
  const entry = home ?? newService(state, undescribedService(namespace, service), true, stamp);
  const changes: Change[] = [
    [key, { kind: 'instance', instance, incarnation: seq, seq, registeredAtMs: timeMs, changedAtMs: timeMs }],
    [homeKey, { ...entry, instances: entry.instances + (known ? 0 : 1), touchedSeq: seq }],
  ];
  if (!home) changes.push(counted(state, namespace, 1, 0));
  if (known) return changes;
  const place = idKey(id);
  changes.push([place, withPlace(entryAt(state, place, 'id'), { namespace, service })]);
  return changes;
};

/** A change of an instance that is gone changes nothing: only a registration brings one back (INV-2). */
const instanceChanged = (state: State, instance: Instance, { seq, timeMs }: Stamp): Change[] => {
  const { namespace, service, id } = instance;
  const known = findInstance(state, namespace, service, id);
  if (!known) return [];
  return [
    [instanceKey(namespace, service, id), { ...known, instance, seq, changedAtMs: timeMs }],
    ...touched(state, namespace, service, 0, seq),
  ];
};

const instanceDeregistered = (state: State, namespace: string, service: string, id: string, seq: number): Change[] => {
  if (!findInstance(state, namespace, service, id)) return [];
  return [
    [instanceKey(namespace, service, id), undefined],
    [idKey(id), withoutPlace(findInstanceId(state, id), { namespace, service })],
    ...touched(state, namespace, service, -1, seq),
  ];
};

const touched = (state: State, namespace: string, service: string, instances: number, seq: number): Change[] => {
  const known = findService(state, namespace, service);
  if (!known) return [];
  return [[serviceKey(namespace, service), { ...known, instances: known.instances + instances, touchedSeq: seq }]];
};

const placesOf = ({ namespace, service, others = [] }: InstanceIdEntry): InstancePlace[] => [
  { namespace, service },
  ...others,
];

const inOrder = (a: InstancePlace, b: InstancePlace): number => {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.service < b.service ? -1 : 1;
};

const asEntry = ([first, ...others]: readonly InstancePlace[]): InstanceIdEntry | undefined =>
  first && { kind: 'id', ...first, ...(others.length > 0 && { others }) };

const withPlace = (known: InstanceIdEntry | undefined, place: InstancePlace): InstanceIdEntry | undefined =>
  // Field by field: V8 keeps what a spread adds in an array beside the object, a third of its memory, and there is one for every instance.
  known
    ? asEntry([...placesOf(known), place].sort(inOrder))
    : { kind: 'id', namespace: place.namespace, service: place.service };

const withoutPlace = (known: InstanceIdEntry | undefined, place: InstancePlace): InstanceIdEntry | undefined =>
  known &&
  asEntry(placesOf(known).filter((each) => each.namespace !== place.namespace || each.service !== place.service));
