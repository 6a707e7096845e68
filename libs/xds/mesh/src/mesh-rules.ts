import {
  ANY,
  byPriority,
  calleesOf,
  covers,
  type Place,
  type RouteBranch,
  type RouteRule,
  type ServiceRouting,
} from '@thuban/events';
import type { MeshRoute } from './mesh.js';

/** The rules of a mesh by the service that they send traffic to. What changes them returns the places touched. */
export interface MeshRules {
  /** See `Mesh.routesInto`. O(rules of the service), sorted at each call. */
  into(namespace: string, service: string): readonly MeshRoute[];
  routeRules(): Iterable<RouteRule>;
  serviceRoutings(): Iterable<ServiceRouting>;
  putRule(rule: RouteRule): readonly Place[];
  removeRule(id: string): readonly Place[];
  putRouting(routing: ServiceRouting): readonly Place[];
  removeRouting(namespace: string, service: string): readonly Place[];
}

/** No name holds a line feed. */
const at = ({ namespace, service }: Place): string => `${namespace}\n${service}`;

/** The branches of a rule that are about a service; one without its destinations would match what it is not about. */
const branchesInto = ({ id, name, branches }: RouteRule, here: Place): readonly MeshRoute[] =>
  branches.flatMap((branch, index): readonly MeshRoute[] => {
    const destinations = branch.destinations.filter((destination) => covers(destination, here));
    return destinations.length > 0
      ? [{ form: 'route-rule', id, name, index, branch: { ...branch, destinations } }]
      : [];
  });

const ownRoute = (branch: RouteBranch, index: number): MeshRoute => ({
  form: 'service-routing',
  id: '',
  name: '',
  index,
  branch,
});

export const createMeshRules = (): MeshRules => {
  const rules = new Map<string, RouteRule>();
  const routings = new Map<string, ServiceRouting>();
  const byPlace = new Map<string, Map<string, RouteRule>>();

  const removeRule = (id: string): readonly Place[] => {
    const known = rules.get(id);
    if (!known) return [];
    rules.delete(id);
    const places = calleesOf(known);
    for (const key of places.map(at)) {
      byPlace.get(key)?.delete(id);
      if (byPlace.get(key)?.size === 0) byPlace.delete(key);
    }
    return places;
  };
  const putRule = (rule: RouteRule): readonly Place[] => {
    const left = removeRule(rule.id);
    rules.set(rule.id, rule);
    const places = calleesOf(rule);
    for (const key of places.map(at)) byPlace.set(key, (byPlace.get(key) ?? new Map()).set(rule.id, rule));
    return [...left, ...places];
  };

  return {
    routeRules: () => rules.values(),
    serviceRoutings: () => routings.values(),
    putRule,
    removeRule,
    putRouting: (routing) => {
      routings.set(at(routing), routing);
      return [routing];
    },
    removeRouting: (namespace, service) =>
      routings.delete(at({ namespace, service })) ? [{ namespace, service }] : [],
    into: (namespace, service) => {
      const here = { namespace, service };
      const taken = new Set<string>();
      const level = (place: Place): readonly MeshRoute[] => {
        const fresh = [...(byPlace.get(at(place))?.values() ?? [])].filter(({ id }) => !taken.has(id)).sort(byPriority);
        for (const { id } of fresh) taken.add(id);
        return fresh.flatMap((rule) => branchesInto(rule, here));
      };
      return [
        ...level(here),
        ...(routings.get(at(here))?.inbounds ?? []).map(ownRoute),
        ...level({ namespace, service: ANY }),
        ...level({ namespace: ANY, service: ANY }),
      ];
    },
  };
};
