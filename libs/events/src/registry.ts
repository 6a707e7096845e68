/** A tenant or environment that services live in. */
export interface Namespace {
  readonly name: string;
  readonly comment: string;
  readonly owners: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A service as its owner described it; instances are streams of their own in the same shard. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly ports: string;
  readonly business: string;
  readonly department: string;
  readonly comment: string;
  readonly owners: string;
}

/** A second name of a service, one level deep. It lives among the service names of its own namespace. */
export interface Alias {
  readonly namespace: string;
  readonly name: string;
  readonly targetNamespace: string;
  readonly targetService: string;
  readonly comment: string;
  readonly owners: string;
}

export interface Location {
  readonly region: string;
  readonly zone: string;
  readonly campus: string;
}

/** Heartbeats are expected every `ttlSeconds`; absent on an instance means nobody checks it. */
export interface HealthCheck {
  readonly ttlSeconds: number;
}

/** One process that serves a service. `healthy` is the flag it registered with; verdicts of the health check are events of another log. */
export interface Instance {
  readonly id: string;
  readonly namespace: string;
  readonly service: string;
  readonly vpcId: string;
  readonly host: string;
  readonly port: number;
  readonly protocol: string;
  readonly version: string;
  readonly logicSet: string;
  readonly priority: number;
  readonly weight: number;
  readonly healthy: boolean;
  readonly isolated: boolean;
  readonly location: Location;
  readonly metadata: Readonly<Record<string, string>>;
  readonly healthCheck?: HealthCheck;
}

/**
 * Every event of the registry log.
 * `InstanceRegistered` starts a new incarnation (its seq is the incarnation) and implies its service and namespace;
 * `InstanceChanged` is an operator's change and keeps the incarnation.
 */
export type RegistryEvent =
  /** A namespace is new. */
  | { readonly type: 'NamespaceCreated'; readonly data: Namespace }
  /** A namespace was described anew; `data` is all of it. */
  | { readonly type: 'NamespaceChanged'; readonly data: Namespace }
  /** A namespace is gone. A later event of something in it makes it again. */
  | { readonly type: 'NamespaceDeleted'; readonly data: { readonly name: string } }
  /** A service is new. */
  | { readonly type: 'ServiceCreated'; readonly data: Service }
  /** A service was described anew; `data` is all of it. */
  | { readonly type: 'ServiceChanged'; readonly data: Service }
  /** A service is gone; it had no instances. */
  | { readonly type: 'ServiceDeleted'; readonly data: { readonly namespace: string; readonly name: string } }
  /** A service has a second name. */
  | { readonly type: 'AliasCreated'; readonly data: Alias }
  /** A second name is gone. */
  | { readonly type: 'AliasDeleted'; readonly data: { readonly namespace: string; readonly name: string } }
  /** An instance is there, also again with other content: this event begins its incarnation. */
  | { readonly type: 'InstanceRegistered'; readonly data: Instance }
  /** An operator changed an instance; `data` is all of it. */
  | { readonly type: 'InstanceChanged'; readonly data: Instance }
  /** An instance is gone. */
  | {
      readonly type: 'InstanceDeregistered';
      readonly data: { readonly namespace: string; readonly service: string; readonly id: string };
    };
