import type { RegistryEvent } from '@thuban/events';
import type { Recorded } from '@thuban/event-sourcing';
import { evolveMesh, type Mesh, type MeshChange, type MeshService } from '@thuban/xds-mesh';
import { type Assignment, createAssignment } from './assignments.js';
import { createChanges } from './changes.js';
import { clusterName, PASSTHROUGH_CLUSTER, passthroughCluster, serviceCluster } from './clusters.js';
import { omissionOf } from './endpoints.js';
import { outboundListener } from './listeners.js';
import { createNamespaceResources } from './namespace-resources.js';
import { type Problem, problemsOf } from './problems.js';
import type { Resource, ResourceChange, ResourceSource } from './resource.js';
import { OUTBOUND_ROUTES } from './routes.js';
import { namespaceView, parseListenerView, parseNamespaceView, SHARED_VIEW, viewOf } from './views.js';
import { createWire } from './wire.js';

/** The resources of a mesh, made when they are asked for and kept until they change. */
export interface Resources extends ResourceSource {
  /** Folds a batch into the mesh, then tells every listener once. Events of a shard in order, shards in any order. */
  apply(events: readonly Recorded<RegistryEvent>[]): void;
  /** What operators should know: see {@link Problem}. O(everything). */
  problems(): readonly Problem[];
}

interface ServiceResources {
  readonly service: MeshService;
  cluster?: Resource;
  assignment?: Assignment;
}

/**
 * Resources of a mesh, which from now on only `apply` may change.
 * - CDS: the wildcard of a view holds the clusters that its namespace can route to; `get` answers for every other service too, and
 *   what becomes of those is told under the view `''`.
 * - EDS: one view `''`, an assignment for every service. Only what somebody has asked for is encoded, endpoint by endpoint.
 * - RDS: one route configuration per namespace and passthrough. LDS: one listener per kind, passthrough and port; it never changes.
 *
 * Cost of a change: O(changed) for endpoints; O(names of the namespace) for services and aliases, at the next `get`.
 */
export const createResources = ({ mesh }: { readonly mesh: Mesh }): Resources => {
  const wire = createWire();
  const changes = createChanges();
  const services = new Map<string, ServiceResources>();
  const namespaces = createNamespaceResources(wire, mesh);
  const listeners = new Map<string, Resource>();
  const passthrough = passthroughCluster();
  const told = new Set<(changes: readonly ResourceChange[]) => void>();

  const add = (service: MeshService): void =>
    void services.set(clusterName(service.namespace, service.name), { service });
  for (const namespace of mesh.namespaces()) mesh.namespace(namespace)?.services.forEach(add);

  const cluster = (view: string, name: string): Resource | undefined => {
    if (name === PASSTHROUGH_CLUSTER) return parseNamespaceView(view).passthrough ? passthrough : undefined;
    const known = services.get(name);
    return known && (known.cluster ??= serviceCluster(wire, name));
  };
  const isRoutedFrom = (view: string, name: string): boolean => {
    const { namespace, passthrough } = parseNamespaceView(view);
    const service = services.get(name)?.service;
    if (!service) return passthrough && name === PASSTHROUGH_CLUSTER;
    if (service.namespace === namespace) return true;
    for (const alias of mesh.aliasesOf(service.namespace, service.name)) if (alias.namespace === namespace) return true;
    return false;
  };
  const assignment = (name: string): Resource | undefined => {
    const known = services.get(name);
    return known && (known.assignment ??= createAssignment(wire, name, known.service)).resource();
  };
  const listener = (view: string): Resource => {
    const known = listeners.get(view) ?? outboundListener(parseListenerView(view));
    listeners.set(view, known);
    return known;
  };

  /** A namespace routes to a cluster now, or no longer. */
  const routesChanged = (namespace: string, name: string): void => {
    namespaces.invalidate(namespace);
    for (const passthrough of [false, true]) {
      const view = namespaceView({ namespace, passthrough });
      changes.note('CDS', view, name);
      changes.note('RDS', view, OUTBOUND_ROUTES);
    }
  };
  const serviceChanged = (service: MeshService, present: boolean): void => {
    const name = clusterName(service.namespace, service.name);
    if (present) add(service);
    else services.delete(name);
    routesChanged(service.namespace, name);
    for (const alias of mesh.aliasesOf(service.namespace, service.name)) routesChanged(alias.namespace, name);
    changes.note('CDS', SHARED_VIEW, name);
    changes.note('EDS', SHARED_VIEW, name);
  };
  const endpointChanged = ({ service, before, after }: Extract<MeshChange, { kind: 'endpoint' }>): void => {
    const name = clusterName(service.namespace, service.name);
    const served = (instance: typeof before): boolean => instance !== undefined && omissionOf(instance) === undefined;
    const kept = services.get(name)?.assignment;
    const visible = kept ? kept.change(before, after) : served(before) || served(after);
    if (visible) changes.note('EDS', SHARED_VIEW, name);
  };
  const settle = (change: MeshChange): void => {
    switch (change.kind) {
      case 'endpoint':
        return endpointChanged(change);
      case 'service':
        return serviceChanged(change.service, change.present);
      case 'alias': {
        const { namespace, targetNamespace, targetService } = change.alias;
        // Without its target an alias is nothing to proxies, and the target's coming will be told.
        if (mesh.service(targetNamespace, targetService))
          routesChanged(namespace, clusterName(targetNamespace, targetService));
      }
    }
  };

  const forgetUnused = (namespace: string): void => {
    const views = [false, true].map((passthrough) => namespaceView({ namespace, passthrough }));
    const used = views.some((view) => changes.isRetained('CDS', view) || changes.isRetained('RDS', view));
    if (!used) namespaces.forget(namespace);
  };

  return {
    viewOf,
    get: (type, view, name) => {
      switch (type) {
        case 'CDS':
          return cluster(view, name);
        case 'EDS':
          return assignment(name);
        case 'LDS': {
          const resource = listener(view);
          return resource.name === name ? resource : undefined;
        }
        case 'RDS':
          return name === OUTBOUND_ROUTES ? namespaces.routes(view) : undefined;
      }
    },
    covers: (type, view, name) => type !== 'CDS' || isRoutedFrom(view, name),
    names: (type, view) => {
      switch (type) {
        case 'CDS':
          return namespaces.clusters(view);
        case 'EDS':
          return services.keys();
        case 'LDS':
          return [listener(view).name];
        case 'RDS':
          return [OUTBOUND_ROUTES];
      }
    },
    onChange: (listener) => {
      told.add(listener);
      return () => void told.delete(listener);
    },
    retain: changes.retain,
    release: (type, view) => {
      if (!changes.release(type, view)) return;
      if (type === 'LDS') listeners.delete(view);
      if (type === 'CDS' || type === 'RDS') forgetUnused(parseNamespaceView(view).namespace);
    },
    apply: (events) => {
      for (const event of events) evolveMesh(mesh, event).forEach(settle);
      const all = changes.take();
      if (all.length > 0) for (const listener of [...told]) listener(all);
    },
    problems: () => problemsOf(mesh),
  };
};
