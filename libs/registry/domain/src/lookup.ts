import type { Lookup } from '@thuban/event-sourcing';
import { aliasKey, aliasTargetKey, idKey, instanceKey, namespaceKey, serviceKey } from './keys.js';
import type {
  AliasEntry,
  AliasTargetEntry,
  InstanceEntry,
  InstanceIdEntry,
  NamespaceEntry,
  RegistryEntry,
  ServiceEntry,
} from './state.js';

type State = Lookup<RegistryEntry>;

/** The entry at a key, when it is of this kind. */
export const entryAt = <K extends RegistryEntry['kind']>(
  state: State,
  key: string,
  kind: K,
): Extract<RegistryEntry, { kind: K }> | undefined => {
  const entry = state.get(key);
  return entry?.kind === kind ? (entry as Extract<RegistryEntry, { kind: K }>) : undefined;
};

/** The namespace of this name. */
export const findNamespace = (state: State, name: string): NamespaceEntry | undefined =>
  entryAt(state, namespaceKey(name), 'namespace');

/** The service of this name; an alias is none. */
export const findService = (state: State, namespace: string, name: string): ServiceEntry | undefined =>
  entryAt(state, serviceKey(namespace, name), 'service');

/** The alias of this name. */
export const findAlias = (state: State, namespace: string, name: string): AliasEntry | undefined =>
  entryAt(state, aliasKey(namespace, name), 'alias');

/** How many aliases name this service. */
export const findAliasTarget = (state: State, namespace: string, service: string): AliasTargetEntry | undefined =>
  entryAt(state, aliasTargetKey(namespace, service), 'alias-target');

/** The instance with this id in this service. */
export const findInstance = (state: State, namespace: string, service: string, id: string): InstanceEntry | undefined =>
  entryAt(state, instanceKey(namespace, service, id), 'instance');

/** Where this instance id lives. */
export const findInstanceId = (state: State, id: string): InstanceIdEntry | undefined =>
  entryAt(state, idKey(id), 'id');
