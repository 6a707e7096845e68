import { Listing } from './listing.js';
import type { AliasEntry, InstanceEntry, NamespaceEntry, RegistryEntry, RegistryState, ServiceEntry } from './state.js';

/** The listings of a kind, by the name that groups them. */
type Groups = Map<string, Listing<RegistryEntry>>;

const groupOf = (groups: Groups, name: string): Listing<RegistryEntry> => {
  let listing = groups.get(name);
  if (!listing) groups.set(name, (listing = new Listing()));
  return listing;
};

/** An empty state. Listings are made at the first question after a change; everything else is O(1) per change. */
export const createRegistryState = (): RegistryState => {
  const entries = new Map<string, RegistryEntry>();
  const namespaces = new Listing<RegistryEntry>();
  const services: Groups = new Map();
  const aliases: Groups = new Map();
  /** By namespace, then by service. */
  const instances = new Map<string, Groups>();
  const counts = { namespace: 0, service: 0, alias: 0, instance: 0 };

  const instancesIn = (namespace: string): Groups => {
    let groups = instances.get(namespace);
    if (!groups) instances.set(namespace, (groups = new Map()));
    return groups;
  };

  /** Where an entry is listed; ids and alias targets are nowhere. */
  const listingOf = (entry: RegistryEntry): Listing<RegistryEntry> | undefined => {
    switch (entry.kind) {
      case 'namespace':
        return namespaces;
      case 'service':
        return groupOf(services, entry.service.namespace);
      case 'alias':
        return groupOf(aliases, entry.alias.namespace);
      case 'instance':
        return groupOf(instancesIn(entry.instance.namespace), entry.instance.service);
      case 'id':
      case 'alias-target':
        return undefined;
    }
  };

  const put = (key: string, entry: RegistryEntry): void => {
    const known = entries.has(key);
    entries.set(key, entry);
    const listing = listingOf(entry);
    if (known) listing?.changed();
    else listing?.added(key, entries);
    if (!known && entry.kind in counts) counts[entry.kind as keyof typeof counts]++;
  };

  const remove = (key: string): void => {
    const entry = entries.get(key);
    if (!entry) return;
    entries.delete(key);
    if (entry.kind in counts) counts[entry.kind as keyof typeof counts]--;
    const listing = listingOf(entry);
    listing?.removed();
    if (listing?.size === 0) forget(entry);
  };

  /** A group that is empty takes no memory. */
  const forget = (entry: RegistryEntry): void => {
    if (entry.kind === 'service') services.delete(entry.service.namespace);
    if (entry.kind === 'alias') aliases.delete(entry.alias.namespace);
    if (entry.kind === 'instance') instances.get(entry.instance.namespace)?.delete(entry.instance.service);
  };

  const listed = <V extends RegistryEntry>(listing: Listing<RegistryEntry> | undefined): readonly V[] =>
    (listing?.list(entries) ?? []) as readonly V[];

  const inGroups = <V extends RegistryEntry>(groups: Groups, namespace: string | undefined): readonly V[] =>
    namespace === undefined
      ? [...groups.keys()].sort().flatMap((name) => listed<V>(groups.get(name)))
      : listed<V>(groups.get(namespace));

  return {
    get: (key) => entries.get(key),
    set: (key, entry) => (entry ? put(key, entry) : remove(key)),
    namespaces: () => listed<NamespaceEntry>(namespaces),
    services: (namespace) => inGroups<ServiceEntry>(services, namespace),
    aliases: (namespace) => inGroups<AliasEntry>(aliases, namespace),
    instances: (namespace, service) => listed<InstanceEntry>(instances.get(namespace)?.get(service)),
    counts: () => ({
      namespaces: counts.namespace,
      services: counts.service,
      aliases: counts.alias,
      instances: counts.instance,
    }),
  };
};
