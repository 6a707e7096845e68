import { ANY, type Instance, type Place, type RegistryEvent, type RulesEvent } from '@thuban/events';
import type { Recorded } from '@thuban/event-sourcing';
import type { Mesh, MeshAlias, MeshRows, MeshService } from './mesh.js';
import { fill, type MeshState, openMeshState, type ServiceState } from './mesh-state.js';

/**
 * What an event changed. A service that vanishes takes its endpoints along without further changes;
 * `before` and `after` of an endpoint are absent when it appears and when it goes. `routing`: what `routesInto` answers for existing services
 * may have changed; a service that appears later finds its rules without being told.
 */
export type MeshChange =
  | { readonly kind: 'service'; readonly service: MeshService; readonly present: boolean }
  | { readonly kind: 'alias'; readonly alias: MeshAlias; readonly present: boolean }
  | { readonly kind: 'endpoint'; readonly service: MeshService; readonly before?: Instance; readonly after?: Instance }
  | { readonly kind: 'routing'; readonly services: readonly MeshService[] };

/** A mesh without names, or one made from rows that were read at one checkpoint. */
export const createMesh = (rows?: MeshRows): Mesh => {
  const state = openMeshState();
  if (rows) fill(state, rows);
  return state;
};

/**
 * Folds one event into the mesh, in place, and returns what it changed (nothing for what proxies never see).
 * Events of a shard must come in order; shards, and the logs of registry and rules, may come in any order. A repeated event changes nothing but may be reported again.
 */
export const evolveMesh = (mesh: Mesh, recorded: Recorded<RegistryEvent | RulesEvent>): readonly MeshChange[] => {
  const state = mesh as MeshState; // readers get no mutators, but createMesh makes nothing else
  switch (recorded.type) {
    case 'NamespaceCreated':
    case 'NamespaceChanged':
    case 'NamespaceDeleted': // its services were deleted before, each by its own event
      return [];
    case 'ServiceCreated':
    case 'ServiceChanged':
      return serviceSeen(state, recorded.data.namespace, recorded.data.name, recorded.timeMs);
    case 'ServiceDeleted':
      return serviceGone(state, recorded.data.namespace, recorded.data.name);
    case 'AliasCreated':
      return aliasSeen(state, recorded);
    case 'AliasDeleted':
      return aliasGone(state, recorded.data.namespace, recorded.data.name);
    case 'InstanceRegistered':
    case 'InstanceChanged':
      return endpointSeen(state, recorded.data, recorded.timeMs);
    case 'InstanceDeregistered':
      return endpointGone(state, recorded.data.namespace, recorded.data.service, recorded.data.id);
    case 'RouteRuleCreated':
    case 'RouteRuleChanged':
      return routingChanged(state, state.rules.putRule(recorded.data));
    case 'RouteRuleDeleted':
      return routingChanged(state, state.rules.removeRule(recorded.data.id));
    case 'ServiceRoutingChanged':
      return routingChanged(state, state.rules.putRouting(recorded.data));
    case 'ServiceRoutingDeleted':
      return routingChanged(state, state.rules.removeRouting(recorded.data.namespace, recorded.data.service));
  }
};

const serviceSeen = (state: MeshState, namespace: string, name: string, timeMs: number): readonly MeshChange[] =>
  state.service(namespace, name)
    ? []
    : [{ kind: 'service', service: state.addService(namespace, name, timeMs), present: true }];

const serviceGone = (state: MeshState, namespace: string, name: string): readonly MeshChange[] => {
  const service = state.service(namespace, name);
  if (!service) return [];
  state.removeService(service);
  return [{ kind: 'service', service, present: false }];
};

const aliasSeen = (
  state: MeshState,
  { data, timeMs }: Extract<Recorded<RegistryEvent>, { readonly type: 'AliasCreated' }>,
): readonly MeshChange[] => {
  const { namespace, name, targetNamespace, targetService } = data;
  const known = state.alias(namespace, name);
  if (known?.targetNamespace === targetNamespace && known.targetService === targetService) return [];
  const gone = aliasGone(state, namespace, name);
  const alias: MeshAlias = { kind: 'alias', namespace, name, createdAtMs: timeMs, targetNamespace, targetService };
  state.addAlias(alias);
  return [...gone, { kind: 'alias', alias, present: true }];
};

const aliasGone = (state: MeshState, namespace: string, name: string): readonly MeshChange[] => {
  const alias = state.alias(namespace, name);
  if (!alias) return [];
  state.removeAlias(alias);
  return [{ kind: 'alias', alias, present: false }];
};

const endpointSeen = (state: MeshState, instance: Instance, timeMs: number): readonly MeshChange[] => {
  const appeared = serviceSeen(state, instance.namespace, instance.service, timeMs);
  const service = state.service(instance.namespace, instance.service) as ServiceState;
  const before = service.endpoints.get(instance.id);
  service.endpoints.set(instance.id, instance);
  return [...appeared, { kind: 'endpoint', service, after: instance, ...(before && { before }) }];
};

const endpointGone = (state: MeshState, namespace: string, name: string, id: string): readonly MeshChange[] => {
  const service = state.service(namespace, name);
  const before = service?.endpoints.get(id);
  if (!service || !before) return [];
  service.endpoints.delete(id);
  return [{ kind: 'endpoint', service, before }];
};

const routingChanged = (state: MeshState, places: readonly Place[]): readonly MeshChange[] => {
  const services = [...new Set(places.flatMap((place) => servicesAt(state, place)))];
  return services.length > 0 ? [{ kind: 'routing', services }] : [];
};

const servicesAt = (state: MeshState, { namespace, service }: Place): readonly MeshService[] => {
  if (namespace === ANY) return [...state.namespaces()].flatMap((name) => servicesOf(state, name));
  if (service === ANY) return servicesOf(state, namespace);
  const known = state.service(namespace, service);
  return known ? [known] : [];
};

const servicesOf = (state: MeshState, namespace: string): readonly MeshService[] => [
  ...(state.namespace(namespace)?.services.values() ?? []),
];
