import type { Alias, Instance, Namespace, Service } from '@thuban/events';

/** Only the named fields change. */
export type Changes<T, K extends keyof T> = { readonly [P in K]?: T[P] };

/** How a command names an instance: by id, or by what makes the id (namespace, service, host, port, vpc). */
export type InstanceRef =
  { readonly id: string } | { readonly namespace: string; readonly service: string; readonly id: string };

/**
 * Every wish the registry understands. Field limits have been checked by `validate…` of this lib before a command is made;
 * `decide` checks what depends on state.
 */
export type RegistryCommand =
  /** `ifAbsent`: an existing one is no change (auto-create) instead of ALREADY_EXISTS. */
  | { readonly type: 'CreateNamespace'; readonly namespace: Namespace; readonly ifAbsent: boolean }
  | {
      readonly type: 'ChangeNamespace';
      readonly name: string;
      readonly changes: Changes<Namespace, 'comment' | 'owners' | 'metadata'>;
    }
  | { readonly type: 'DeleteNamespace'; readonly name: string }
  | { readonly type: 'CreateService'; readonly service: Service }
  | {
      readonly type: 'ChangeService';
      readonly namespace: string;
      readonly name: string;
      readonly changes: Changes<Service, 'metadata' | 'ports' | 'business' | 'department' | 'comment' | 'owners'>;
    }
  | { readonly type: 'DeleteService'; readonly namespace: string; readonly name: string }
  | { readonly type: 'CreateAlias'; readonly alias: Alias }
  | { readonly type: 'DeleteAlias'; readonly namespace: string; readonly name: string }
  /** Creates the service when it is missing; an equal registration is no event; a different one is a new incarnation that keeps `isolated`. */
  | { readonly type: 'RegisterInstance'; readonly instance: Instance }
  /** HTTP create: an existing id is ALREADY_EXISTS. */
  | { readonly type: 'CreateInstance'; readonly instance: Instance }
  | {
      readonly type: 'ChangeInstance';
      readonly ref: InstanceRef;
      readonly changes: Changes<
        Instance,
        'weight' | 'healthy' | 'isolated' | 'metadata' | 'protocol' | 'version' | 'priority' | 'logicSet' | 'location'
      >;
    }
  /** Absent is no event. */
  | { readonly type: 'DeregisterInstance'; readonly ref: InstanceRef };
