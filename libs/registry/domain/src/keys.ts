/**
 * Keys of the registry's state: a letter for the kind and the names, joined by line feeds, which no name and no id may hold.
 */

/** The key of a NamespaceEntry. */
export const namespaceKey = (name: string): string => `n\n${name}`;

/** The key of a ServiceEntry. */
export const serviceKey = (namespace: string, name: string): string => `s\n${namespace}\n${name}`;

/** The key of an AliasEntry. */
export const aliasKey = (namespace: string, name: string): string => `a\n${namespace}\n${name}`;

/** The key of an AliasTargetEntry: how many aliases name this service, whether it is there or not. */
export const aliasTargetKey = (namespace: string, service: string): string => `t\n${namespace}\n${service}`;

/** The key of an InstanceEntry. */
export const instanceKey = (namespace: string, service: string, id: string): string =>
  `i\n${namespace}\n${service}\n${id}`;

/** The key of an InstanceIdEntry. */
export const idKey = (id: string): string => `d\n${id}`;
