import type { Mesh } from '@thuban/xds-mesh';
import { clusterName, PASSTHROUGH_CLUSTER } from './clusters.js';
import type { Resource } from './resource.js';
import { createRouteTables, outboundRoutes, routedNames, type RouteTable, targetOf } from './routes.js';
import { parseNamespaceView } from './views.js';
import type { Wire } from './wire.js';

/** What depends on the names of a namespace, made when it is asked for. `view` as made by `namespaceView`. */
export interface NamespaceResources {
  routes(view: string): Resource;
  /** The wildcard of CDS: the clusters of the namespace's services and of what its aliases stand for. */
  clusters(view: string): Iterable<string>;
  /** The names of a namespace, or where they lead to, have changed. */
  invalidate(namespace: string): void;
  /** Nobody asks for a namespace any more. */
  forget(namespace: string): void;
}

interface Kept {
  table?: RouteTable;
  clusters?: readonly string[];
  readonly routes: Map<string, Resource>;
}

export const createNamespaceResources = (wire: Wire, mesh: Mesh): NamespaceResources => {
  const tables = createRouteTables(wire, mesh);
  const kept = new Map<string, Kept>();
  const keptOf = (namespace: string): Kept => {
    const known = kept.get(namespace) ?? { routes: new Map() };
    kept.set(namespace, known);
    return known;
  };
  const clustersOf = (namespace: string): readonly string[] => {
    const targets = new Set(routedNames(mesh, namespace).flatMap((name) => targetOf(mesh, name) ?? []));
    return [...targets].map((target) => clusterName(target.namespace, target.name));
  };

  return {
    routes: (view) => {
      const { namespace, passthrough } = parseNamespaceView(view);
      const known = keptOf(namespace);
      known.table ??= tables.tableOf(namespace);
      const resource = known.routes.get(view) ?? outboundRoutes(namespace, passthrough, known.table);
      known.routes.set(view, resource);
      return resource;
    },
    clusters: (view) => {
      const { namespace, passthrough } = parseNamespaceView(view);
      const known = keptOf(namespace);
      known.clusters ??= clustersOf(namespace);
      return passthrough ? [...known.clusters, PASSTHROUGH_CLUSTER] : known.clusters;
    },
    invalidate: (namespace) => void kept.delete(namespace),
    forget: (namespace) => {
      kept.delete(namespace);
      tables.forget(namespace);
    },
  };
};
