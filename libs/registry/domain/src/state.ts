import type { Alias, Instance, Namespace, Service } from '@thuban/events';
import type { KeyedState } from '@thuban/event-sourcing';

/**
 * A namespace as folded. `implied`: nobody created it, an event of one of its services or aliases implies it; its times are 0 then,
 * because it must be the same whatever the order in which the shards are read.
 */
export interface NamespaceEntry {
  readonly kind: 'namespace';
  readonly namespace: Namespace;
  readonly services: number;
  readonly aliases: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly implied: boolean;
}

/** A service as folded. `touchedSeq`: the newest seq of the registry log (its shard) that changed it or one of its instances. */
export interface ServiceEntry {
  readonly kind: 'service';
  readonly service: Service;
  readonly instances: number;
  readonly aliases: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly touchedSeq: number;
  readonly implied: boolean;
}

export interface AliasEntry {
  readonly kind: 'alias';
  readonly alias: Alias;
  readonly createdAtMs: number;
  readonly seq: number;
}

/** An instance as folded. `incarnation`: the seq of its newest InstanceRegistered; `seq`: of its newest event. */
export interface InstanceEntry {
  readonly kind: 'instance';
  readonly instance: Instance;
  readonly incarnation: number;
  readonly seq: number;
  readonly registeredAtMs: number;
  readonly changedAtMs: number;
}

/** A service that holds an instance id. */
export interface InstancePlace {
  readonly namespace: string;
  readonly service: string;
}

/**
 * Where an instance id lives, so that it can be found by id alone. Clients choose ids, so two services may hold the same one:
 * then this is the first in code-unit order and `others` are the rest, in order.
 */
export interface InstanceIdEntry extends InstancePlace {
  readonly kind: 'id';
  readonly others?: readonly InstancePlace[];
}

/** How many aliases name a service. Apart from the service, because the alias may be read from the log before it. */
export interface AliasTargetEntry {
  readonly kind: 'alias-target';
  readonly aliases: number;
}

export type RegistryEntry =
  NamespaceEntry | ServiceEntry | AliasEntry | InstanceEntry | InstanceIdEntry | AliasTargetEntry;

/** The committed fold of the registry log, with the indexes that answers need. Keys are made by the functions in `keys.ts`. */
export interface RegistryState extends KeyedState<RegistryEntry> {
  /** Names in code-unit order. */
  namespaces(): readonly NamespaceEntry[];
  /** The services of a namespace, by name in code-unit order; of all namespaces when absent, by namespace and name. */
  services(namespace?: string): readonly ServiceEntry[];
  aliases(namespace?: string): readonly AliasEntry[];
  /** The instances of a service, by id in code-unit order. */
  instances(namespace: string, service: string): readonly InstanceEntry[];
  /** How many there are in all. */
  counts(): {
    readonly namespaces: number;
    readonly services: number;
    readonly aliases: number;
    readonly instances: number;
  };
}
