import type { Instance, RegistryEvent, RulesEvent } from '@thuban/events';
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
import { createRouteViews } from './route-views.js';
import { createServiceRouting, type ServiceRouting } from './service-routing.js';
import { createTransfers } from './transfers.js';
import { namespaceView, parseListenerView, parseNamespaceView, parseRouteView, SHARED_VIEW, viewOf } from './views.js';
import { createWire } from './wire.js';

/** The resources of a mesh, made when they are asked for and kept until they change. */
export interface Resources extends ResourceSource {
  /** Folds a batch into the mesh, then tells every listener once. Events of a shard in order, shards and logs in any order. */
  apply(events: readonly Recorded<RegistryEvent | RulesEvent>[]): void;
  /** What operators should know: see {@link Problem}. O(everything). */
  problems(): readonly Problem[];
}

interface ServiceResources {
  readonly service: MeshService;
  /** Undefined without rules. */
  routing: ServiceRouting | undefined;
  cluster?: Resource | undefined;
  assignment?: Assignment | undefined;
}

/**
 * Resources of a mesh, which from now on only `apply` may change.
 * - CDS: the wildcard of a view holds the clusters that its namespace can route to; `get` answers for every other service too, and
 *   what becomes of those is told under the view `''`.
 * - EDS: one view `''`, an assignment for every service. Only what somebody has asked for is encoded, endpoint by endpoint.
 * - RDS: one view per namespace, passthrough and service of the node; one route configuration for those that no rule tells apart.
 * - LDS: one listener per kind, passthrough and port; it never changes.
 *
 * Cost of a change: O(changed) for endpoints, times the subsets of the service when rules divide it. For services, aliases and rules what
 * changed is encoded, and O(names of the namespace) bytes are put together for each different route configuration, at the next `get`.
 */
export const createResources = ({ mesh }: { readonly mesh: Mesh }): Resources => {
  const wire = createWire();
  const changes = createChanges();
  const services = new Map<string, ServiceResources>();
  const rulesOf = ({ namespace, name }: MeshService) => services.get(clusterName(namespace, name))?.routing?.routes();
  const namespaces = createNamespaceResources(wire, mesh, rulesOf);
  const routeViews = createRouteViews();
  const transfers = createTransfers();
  const listeners = new Map<string, Resource>();
  const passthrough = passthroughCluster();
  const told = new Set<(changes: readonly ResourceChange[]) => void>();

  const exists = (namespace: string, name: string): boolean => mesh.service(namespace, name) !== undefined;
  const routingOf = (service: MeshService): ServiceRouting | undefined => {
    const rules = mesh.routesInto(service.namespace, service.name);
    const routing = rules.length > 0 ? createServiceRouting(service, rules, exists) : undefined;
    transfers.set(clusterName(service.namespace, service.name), routing?.transferTargets ?? []);
    return routing;
  };
  const add = (service: MeshService): void =>
    void services.set(clusterName(service.namespace, service.name), { service, routing: routingOf(service) });
  for (const namespace of mesh.namespaces()) mesh.namespace(namespace)?.services.forEach(add);

  const cluster = (view: string, name: string): Resource | undefined => {
    if (name === PASSTHROUGH_CLUSTER) return parseNamespaceView(view).passthrough ? passthrough : undefined;
    const known = services.get(name);
    return known && (known.cluster ??= serviceCluster(wire, name, known.routing?.selectors));
  };
  const isRoutedFrom = (view: string, name: string): boolean => {
    const { namespace, passthrough } = parseNamespaceView(view);
    const service = services.get(name)?.service;
    if (!service) return passthrough && name === PASSTHROUGH_CLUSTER;
    const senders = [...transfers.to(name)].filter((sender) =>
      services.get(sender)?.routing?.routes().transfers.includes(name),
    );
    return [service, ...senders.map((sender) => services.get(sender)!.service)].some((one) =>
      isNamedIn(namespace, one),
    );
  };
  const isNamedIn = (namespace: string, service: MeshService): boolean => {
    if (service.namespace === namespace) return true;
    for (const alias of mesh.aliasesOf(service.namespace, service.name)) if (alias.namespace === namespace) return true;
    return false;
  };
  const assignment = (name: string): Resource | undefined => {
    const known = services.get(name);
    return (
      known && (known.assignment ??= createAssignment(wire, name, known.service, known.routing?.labelsFor)).resource()
    );
  };
  const listener = (view: string): Resource => {
    const known = listeners.get(view) ?? outboundListener(parseListenerView(view));
    listeners.set(view, known);
    return known;
  };

  /** The routes of a namespace are others now, and so may be what these clusters are to it. */
  const routesChanged = (namespace: string, clusters: readonly string[]): void => {
    namespaces.invalidate(namespace);
    for (const passthrough of [false, true]) {
      const view = namespaceView({ namespace, passthrough });
      for (const name of clusters) changes.note('CDS', view, name);
    }
    for (const view of routeViews.of(namespace)) changes.note('RDS', view, OUTBOUND_ROUTES);
  };
  /** The same wherever a service has a name. */
  const routesIntoChanged = (service: MeshService, clusters: readonly string[]): void => {
    routesChanged(service.namespace, clusters);
    for (const alias of mesh.aliasesOf(service.namespace, service.name)) routesChanged(alias.namespace, clusters);
  };
  const serviceChanged = (service: MeshService, present: boolean): void => {
    const name = clusterName(service.namespace, service.name);
    const before = services.get(name)?.routing;
    if (present) add(service);
    else {
      services.delete(name);
      transfers.set(name, []);
    }
    const after = services.get(name)?.routing;
    routesIntoChanged(service, [name, ...(before?.transferTargets ?? []), ...(after?.transferTargets ?? [])]);
    changes.note('CDS', SHARED_VIEW, name);
    changes.note('EDS', SHARED_VIEW, name);
    for (const sender of transfers.to(name)) {
      services.get(sender)?.routing?.transferTargetChanged();
      const from = services.get(sender)?.service;
      if (from) routesIntoChanged(from, [name]);
    }
  };
  const routingChanged = (service: MeshService): void => {
    const name = clusterName(service.namespace, service.name);
    const known = services.get(name);
    if (known?.service !== service) return; // gone again in the same batch
    const before = known.routing;
    known.routing = routingOf(service);
    known.cluster = undefined;
    routesIntoChanged(service, [name, ...(before?.transferTargets ?? []), ...(known.routing?.transferTargets ?? [])]);
    changes.note('CDS', SHARED_VIEW, name);
    if ((before?.computed ?? '') === (known.routing?.computed ?? '')) return;
    known.assignment = undefined;
    changes.note('EDS', SHARED_VIEW, name);
  };
  const endpointChanged = ({ service, before, after }: Extract<MeshChange, { kind: 'endpoint' }>): void => {
    const name = clusterName(service.namespace, service.name);
    const served = (instance: Instance | undefined): boolean =>
      instance !== undefined && omissionOf(instance) === undefined;
    const { assignment: kept, routing } = services.get(name) ?? {};
    if (routing?.change(before, after)) routesIntoChanged(service, routing.transferTargets);
    const visible = kept ? kept.change(before, after) : served(before) || served(after);
    if (visible) changes.note('EDS', SHARED_VIEW, name);
  };
  const aliasChanged = (namespace: string, target: string): void =>
    routesChanged(namespace, [target, ...(services.get(target)?.routing?.transferTargets ?? [])]);
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
          aliasChanged(namespace, clusterName(targetNamespace, targetService));
        return;
      }
      case 'routing':
        return change.services.forEach(routingChanged);
    }
  };

  const forgetUnused = (namespace: string): void => {
    const views = [false, true].map((passthrough) => namespaceView({ namespace, passthrough }));
    const used = views.some((view) => changes.isRetained('CDS', view)) || routeViews.of(namespace).size > 0;
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
    retain: (type, view) => {
      changes.retain(type, view);
      if (type === 'RDS') routeViews.add(view);
    },
    release: (type, view) => {
      if (!changes.release(type, view)) return;
      if (type === 'LDS') listeners.delete(view);
      if (type === 'CDS') forgetUnused(parseNamespaceView(view).namespace);
      if (type !== 'RDS') return;
      routeViews.remove(view);
      namespaces.forgetView(view);
      forgetUnused(parseRouteView(view).namespace);
    },
    apply: (events) => {
      for (const event of events) evolveMesh(mesh, event).forEach(settle);
      const all = changes.take();
      if (all.length > 0) for (const listener of [...told]) listener(all);
    },
    problems: () =>
      problemsOf(
        mesh,
        ({ namespace, name }) => services.get(clusterName(namespace, name))?.routing?.emptyBranches() ?? [],
      ),
  };
};
