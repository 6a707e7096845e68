import { SortedMap } from './sorted-map.js';
import type {
  AliasEntry,
  AliasTargetEntry,
  InstanceEntry,
  InstanceIdEntry,
  NamespaceEntry,
  RegistryEntry,
  RegistryState,
  ServiceEntry,
} from './state.js';

/** Entries by two names, listed in order of both. */
type ByTwoNames<V> = SortedMap<SortedMap<V>>;

const putAt = <V>(index: ByTwoNames<V>, outer: string, inner: string, value: V): void => {
  let group = index.get(outer);
  if (!group) index.set(outer, (group = new SortedMap<V>()));
  group.set(inner, value);
};

const removeAt = <V>(index: ByTwoNames<V>, outer: string, inner: string): void => {
  const group = index.get(outer);
  group?.delete(inner);
  if (group?.size === 0) index.delete(outer);
};

const listed = <V>(index: ByTwoNames<V>, outer: string | undefined): readonly V[] =>
  outer === undefined ? index.sorted().flatMap((group) => group.sorted()) : (index.get(outer)?.sorted() ?? []);

/** An empty state. Listings are made at the first question after a change; everything else is O(1) per change. */
export const createRegistryState = (): RegistryState => {
  const namespaces = new SortedMap<NamespaceEntry>();
  const services: ByTwoNames<ServiceEntry> = new SortedMap();
  const aliases: ByTwoNames<AliasEntry> = new SortedMap();
  /** By `namespace\nservice`, then by id: no key string per instance has to be kept. */
  const instances: ByTwoNames<InstanceEntry> = new SortedMap();
  const ids = new Map<string, InstanceIdEntry>();
  const targets = new Map<string, AliasTargetEntry>();
  const counts = { services: 0, aliases: 0, instances: 0 };

  const get = (key: string): RegistryEntry | undefined => {
    switch (key.charAt(0)) {
      case 'n':
        return namespaces.get(key.slice(2));
      case 's':
        return inGroup(services, key, key.indexOf('\n', 2));
      case 'a':
        return inGroup(aliases, key, key.indexOf('\n', 2));
      case 'i':
        return inGroup(instances, key, key.lastIndexOf('\n'));
      case 'd':
        return ids.get(key);
      case 't':
        return targets.get(key);
      default:
        return undefined;
    }
  };

  const put = (key: string, entry: RegistryEntry): void => {
    switch (entry.kind) {
      case 'namespace':
        return namespaces.set(entry.namespace.name, entry);
      case 'service':
        return putAt(services, entry.service.namespace, entry.service.name, entry);
      case 'alias':
        return putAt(aliases, entry.alias.namespace, entry.alias.name, entry);
      case 'instance':
        return putAt(instances, `${entry.instance.namespace}\n${entry.instance.service}`, entry.instance.id, entry);
      case 'id':
        return void ids.set(key, entry);
      case 'alias-target':
        return void targets.set(key, entry);
    }
  };

  const remove = (key: string, entry: RegistryEntry): void => {
    switch (entry.kind) {
      case 'namespace':
        return namespaces.delete(entry.namespace.name);
      case 'service':
        return removeAt(services, entry.service.namespace, entry.service.name);
      case 'alias':
        return removeAt(aliases, entry.alias.namespace, entry.alias.name);
      case 'instance':
        return removeAt(instances, `${entry.instance.namespace}\n${entry.instance.service}`, entry.instance.id);
      case 'id':
        return void ids.delete(key);
      case 'alias-target':
        return void targets.delete(key);
    }
  };

  const count = (kind: RegistryEntry['kind'], by: number): void => {
    if (kind === 'service') counts.services += by;
    if (kind === 'alias') counts.aliases += by;
    if (kind === 'instance') counts.instances += by;
  };

  return {
    get,
    set: (key, entry) => {
      const known = get(key);
      if (entry) {
        put(key, entry);
        if (!known) count(entry.kind, 1);
      } else if (known) {
        remove(key, known);
        count(known.kind, -1);
      }
    },
    namespaces: () => namespaces.sorted(),
    services: (namespace) => listed(services, namespace),
    aliases: (namespace) => listed(aliases, namespace),
    instances: (namespace, service) => instances.get(`${namespace}\n${service}`)?.sorted() ?? [],
    counts: () => ({ namespaces: namespaces.size, ...counts }),
  };
};

const inGroup = <V>(index: ByTwoNames<V>, key: string, cut: number): V | undefined =>
  index.get(key.slice(2, cut))?.get(key.slice(cut + 1));
