import { ANY, byPriority, calleesOf, callersOf, type Place } from '@thuban/events';
import type { ByExactness, RouteRuleEntry, RulesEntry, RulesState, ServiceRoutingEntry } from './state.js';

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const byRule = ({ rule: a }: RouteRuleEntry, { rule: b }: RouteRuleEntry): number => byPriority(a, b);

const byService = ({ routing: a }: ServiceRoutingEntry, { routing: b }: ServiceRoutingEntry): number =>
  compareText(a.namespace, b.namespace) || compareText(a.service, b.service);

/** Keys of rules by the places that they concern. */
const createPlaces = (placesOf: (rule: RouteRuleEntry['rule']) => readonly Place[]) => {
  const keys = new Map<string, Set<string>>();
  const at = ({ namespace, service }: Place): string => `${namespace}\n${service}`;
  return {
    add: (key: string, { rule }: RouteRuleEntry): void => {
      for (const place of placesOf(rule)) {
        const known = keys.get(at(place));
        if (known) known.add(key);
        else keys.set(at(place), new Set([key]));
      }
    },
    remove: (key: string, { rule }: RouteRuleEntry): void => {
      for (const place of placesOf(rule)) {
        const known = keys.get(at(place));
        known?.delete(key);
        if (known?.size === 0) keys.delete(at(place));
      }
    },
    keysAt: (namespace: string, service: string): Iterable<string> => keys.get(at({ namespace, service })) ?? [],
  };
};

/** An empty state. Lists are sorted at the first question after a change. */
export const createRulesState = (): RulesState => {
  const entries = new Map<string, RulesEntry>();
  const rules = new Map<string, RouteRuleEntry>();
  const routings = new Map<string, ServiceRoutingEntry>();
  const into = createPlaces(calleesOf);
  const outOf = createPlaces(callersOf);
  let sortedRules: readonly RouteRuleEntry[] | undefined;
  let sortedRoutings: readonly ServiceRoutingEntry[] | undefined;

  const forget = (key: string): void => {
    const known = rules.get(key);
    if (known) {
      into.remove(key, known);
      outOf.remove(key, known);
    }
    rules.delete(key);
    routings.delete(key);
    entries.delete(key);
  };

  const put = (key: string, entry: RulesEntry): void => {
    entries.set(key, entry);
    if (entry.kind === 'service-routing') routings.set(key, entry);
    if (entry.kind !== 'route-rule') return;
    rules.set(key, entry);
    into.add(key, entry);
    outOf.add(key, entry);
  };

  const byExactness = (places: typeof into, namespace: string, service: string): ByExactness => {
    const taken = new Set<string>();
    const level = (inNamespace: string, ofService: string): readonly RouteRuleEntry[] => {
      const keys = [...places.keysAt(inNamespace, ofService)].filter((key) => !taken.has(key));
      keys.forEach((key) => taken.add(key));
      return keys.map((key) => rules.get(key) as RouteRuleEntry).sort(byRule);
    };
    return [level(namespace, service), level(namespace, ANY), level(ANY, ANY)];
  };

  return {
    get: (key) => entries.get(key),
    set: (key, entry) => {
      sortedRules = sortedRoutings = undefined;
      forget(key);
      if (entry) put(key, entry);
    },
    routeRules: () => (sortedRules ??= [...rules.values()].sort(byRule)),
    serviceRoutings: () => (sortedRoutings ??= [...routings.values()].sort(byService)),
    rulesInto: (namespace, service) => byExactness(into, namespace, service),
    rulesOutOf: (namespace, service) => byExactness(outOf, namespace, service),
    counts: () => ({ routingRules: rules.size, serviceRoutings: routings.size }),
  };
};
