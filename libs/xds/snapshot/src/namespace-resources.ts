import type { Mesh, MeshService } from '@thuban/xds-mesh';
import { clusterName, PASSTHROUGH_CLUSTER } from './clusters.js';
import type { Resource } from './resource.js';
import { createRouteTables, outboundRoutes, routedNames, type RouteTable, targetOf } from './routes.js';
import type { ServiceRoutes } from './service-routing.js';
import { parseNamespaceView, parseRouteView } from './views.js';
import type { Wire } from './wire.js';

/** What depends on the names of a namespace and on the rules of its services, made when it is asked for. */
export interface NamespaceResources {
  /** `view` of type RDS. Views whose callers no rule tells apart share one resource. */
  routes(view: string): Resource;
  /** The wildcard of CDS: the clusters of the namespace's services, of what its aliases stand for, and of what rules transfer to. */
  clusters(view: string): Iterable<string>;
  /** The names of a namespace, where they lead to, or rules of a service there have changed. */
  invalidate(namespace: string): void;
  /** Nobody asks for a view of type RDS any more. */
  forgetView(view: string): void;
  /** Nobody asks for a namespace any more. */
  forget(namespace: string): void;
}

interface Kept {
  clusters?: readonly string[];
  /** By view of type RDS. */
  readonly routes: Map<string, Resource>;
  readonly byTable: Map<RouteTable, { direct?: Resource; redirected?: Resource }>;
}

/** `rulesOf` answers the routes that rules make for a service, if there are any. */
export const createNamespaceResources = (
  wire: Wire,
  mesh: Mesh,
  rulesOf: (service: MeshService) => ServiceRoutes | undefined,
): NamespaceResources => {
  const tables = createRouteTables(wire, mesh, rulesOf);
  const kept = new Map<string, Kept>();
  const keptOf = (namespace: string): Kept => {
    const known = kept.get(namespace) ?? { routes: new Map(), byTable: new Map() };
    kept.set(namespace, known);
    return known;
  };
  const clustersOf = (namespace: string): readonly string[] => {
    const targets = new Set(routedNames(mesh, namespace).flatMap((name) => targetOf(mesh, name) ?? []));
    const own = [...targets].map((target) => clusterName(target.namespace, target.name));
    return [...new Set([...own, ...[...targets].flatMap((target) => rulesOf(target)?.transfers ?? [])])];
  };
  const routesOf = (view: string): Resource => {
    const { namespace, passthrough, service } = parseRouteView(view);
    const { byTable } = keptOf(namespace);
    const table = tables.tableOf(namespace, service);
    const made = byTable.get(table) ?? {};
    byTable.set(table, made);
    return (made[passthrough ? 'redirected' : 'direct'] ??= outboundRoutes(namespace, passthrough, table));
  };

  return {
    routes: (view) => {
      const { routes } = keptOf(parseRouteView(view).namespace);
      const resource = routes.get(view) ?? routesOf(view);
      routes.set(view, resource);
      return resource;
    },
    clusters: (view) => {
      const { namespace, passthrough } = parseNamespaceView(view);
      const known = keptOf(namespace);
      known.clusters ??= clustersOf(namespace);
      return passthrough ? [...known.clusters, PASSTHROUGH_CLUSTER] : known.clusters;
    },
    invalidate: (namespace) => {
      kept.delete(namespace);
      tables.invalidate(namespace);
    },
    forgetView: (view) => void kept.get(parseRouteView(view).namespace)?.routes.delete(view),
    forget: (namespace) => {
      kept.delete(namespace);
      tables.forget(namespace);
    },
  };
};
