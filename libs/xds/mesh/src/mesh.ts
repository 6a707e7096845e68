import type { Instance, RouteBranch, RouteRule, ServiceRouting } from '@thuban/events';

/** A service as proxies see it: a name, its age, and who serves it. */
export interface MeshService {
  readonly kind: 'service';
  readonly namespace: string;
  readonly name: string;
  /** Unix milliseconds of the event that made the service appear; it decides who keeps a contested name. */
  readonly createdAtMs: number;
  /** By instance id, in no particular order. The objects are those of the events. */
  readonly endpoints: ReadonlyMap<string, Instance>;
}

/** A second name of a service. Its target may be missing: order between shards is not promised. */
export interface MeshAlias {
  readonly kind: 'alias';
  readonly namespace: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly targetNamespace: string;
  readonly targetService: string;
}

export type MeshName = MeshService | MeshAlias;

/** The names of one namespace. */
export interface MeshNamespace {
  readonly services: ReadonlyMap<string, MeshService>;
  readonly aliases: ReadonlyMap<string, MeshAlias>;
  /** All of them, oldest first: see {@link olderFirst}. */
  readonly byAge: readonly MeshName[];
}

/** What a rule says of calls into one service: a branch whose destinations are that service's and nobody else's. */
export interface MeshRoute {
  /** `route-rule`: Polaris v2; `service-routing`: the first form, whose label matches may stand for headers. */
  readonly form: 'route-rule' | 'service-routing';
  /** Id and name of the rule; both empty for a service's own routing of the first form. */
  readonly id: string;
  readonly name: string;
  /** Which of the branches of the rule, or of the inbounds, from 0. */
  readonly index: number;
  readonly branch: RouteBranch;
}

/** The world as proxies need it. Only `evolveMesh` changes it, in place. */
export interface Mesh {
  /** Namespaces that hold at least one name. */
  namespaces(): Iterable<string>;
  namespace(name: string): MeshNamespace | undefined;
  service(namespace: string, name: string): MeshService | undefined;
  /** The aliases, of any namespace, that stand for a service, whether it exists or not. */
  aliasesOf(namespace: string, service: string): Iterable<MeshAlias>;
  /**
   * What enabled rules say of calls into a service, whether it exists or not, first match first: rules that name the service, its own
   * routing of the first form, rules for all services of its namespace, rules for all services; among equals by priority, then id.
   */
  routesInto(namespace: string, service: string): readonly MeshRoute[];
  /** Every rule that is known, enabled or not. */
  routeRules(): Iterable<RouteRule>;
  serviceRoutings(): Iterable<ServiceRouting>;
}

/** What a process knows from its rows when it starts; `createdAtMs` as in {@link MeshService}. */
export interface MeshRows {
  readonly services: Iterable<{ readonly namespace: string; readonly name: string; readonly createdAtMs: number }>;
  readonly aliases: Iterable<Omit<MeshAlias, 'kind'>>;
  readonly instances: Iterable<Instance>;
  readonly routeRules?: Iterable<RouteRule>;
  readonly serviceRoutings?: Iterable<ServiceRouting>;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of age: time of creation, then namespace, name and kind, so that it is total and the same on every replica. */
export const olderFirst = (a: MeshName, b: MeshName): number =>
  a.createdAtMs - b.createdAtMs ||
  compare(a.namespace, b.namespace) ||
  compare(a.name, b.name) ||
  compare(b.kind, a.kind);
