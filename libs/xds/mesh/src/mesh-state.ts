import type { Instance } from '@thuban/events';
import type { Mesh, MeshAlias, MeshName, MeshNamespace, MeshRows, MeshService } from './mesh.js';
import { olderFirst } from './mesh.js';
import { createMeshRules, type MeshRules } from './mesh-rules.js';

export interface ServiceState extends MeshService {
  readonly endpoints: Map<string, Instance>;
}

interface NamespaceState extends MeshNamespace {
  readonly services: Map<string, ServiceState>;
  readonly aliases: Map<string, MeshAlias>;
  readonly byAge: MeshName[];
}

/** A mesh that can be changed. Nested maps instead of joined keys: no strings to keep, and no name can be taken for another. */
export interface MeshState extends Mesh {
  readonly rules: MeshRules;
  service(namespace: string, name: string): ServiceState | undefined;
  alias(namespace: string, name: string): MeshAlias | undefined;
  addService(namespace: string, name: string, createdAtMs: number): ServiceState;
  removeService(service: MeshService): void;
  addAlias(alias: MeshAlias): void;
  removeAlias(alias: MeshAlias): void;
}

const indexIn = (names: readonly MeshName[], name: MeshName): number => {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (olderFirst(names[middle]!, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const openMeshState = (): MeshState => {
  const namespaces = new Map<string, NamespaceState>();
  const rules = createMeshRules();
  const aliasesByTarget = new Map<string, Map<string, Set<MeshAlias>>>();

  const inNamespace = (name: string): NamespaceState => {
    const known = namespaces.get(name) ?? { services: new Map(), aliases: new Map(), byAge: [] };
    namespaces.set(name, known);
    return known;
  };
  const forget = (name: MeshName): void => {
    const { byAge } = inNamespace(name.namespace);
    byAge.splice(indexIn(byAge, name), 1);
    if (byAge.length === 0) namespaces.delete(name.namespace);
  };
  const remember = (name: MeshName): void => {
    const { byAge } = inNamespace(name.namespace);
    byAge.splice(indexIn(byAge, name), 0, name);
  };

  return {
    rules,
    routesInto: rules.into,
    routeRules: rules.routeRules,
    serviceRoutings: rules.serviceRoutings,
    namespaces: () => namespaces.keys(),
    namespace: (name) => namespaces.get(name),
    service: (namespace, name) => namespaces.get(namespace)?.services.get(name),
    alias: (namespace, name) => namespaces.get(namespace)?.aliases.get(name),
    aliasesOf: (namespace, service) => aliasesByTarget.get(namespace)?.get(service) ?? [],
    addService: (namespace, name, createdAtMs) => {
      const service: ServiceState = { kind: 'service', namespace, name, createdAtMs, endpoints: new Map() };
      inNamespace(namespace).services.set(name, service);
      remember(service);
      return service;
    },
    removeService: (service) => {
      inNamespace(service.namespace).services.delete(service.name);
      forget(service);
    },
    addAlias: (alias) => {
      inNamespace(alias.namespace).aliases.set(alias.name, alias);
      remember(alias);
      const ofNamespace = aliasesByTarget.get(alias.targetNamespace) ?? new Map<string, Set<MeshAlias>>();
      aliasesByTarget.set(alias.targetNamespace, ofNamespace);
      ofNamespace.set(alias.targetService, (ofNamespace.get(alias.targetService) ?? new Set()).add(alias));
    },
    removeAlias: (alias) => {
      inNamespace(alias.namespace).aliases.delete(alias.name);
      forget(alias);
      const ofNamespace = aliasesByTarget.get(alias.targetNamespace);
      const ofService = ofNamespace?.get(alias.targetService);
      ofService?.delete(alias);
      if (ofService?.size === 0) ofNamespace?.delete(alias.targetService);
      if (ofNamespace?.size === 0) aliasesByTarget.delete(alias.targetNamespace);
    },
  };
};

/** Fills an empty state. An instance whose service has no row is left out: rows of one transaction agree, so there is none. */
export const fill = (state: MeshState, rows: MeshRows): void => {
  const { services, aliases, instances, routeRules = [], serviceRoutings = [] } = rows;
  for (const rule of routeRules) state.rules.putRule(rule);
  for (const routing of serviceRoutings) state.rules.putRouting(routing);
  for (const { namespace, name, createdAtMs } of services) state.addService(namespace, name, createdAtMs);
  for (const alias of aliases) state.addAlias({ kind: 'alias', ...alias });
  for (const instance of instances) {
    state.service(instance.namespace, instance.service)?.endpoints.set(instance.id, instance);
  }
};
