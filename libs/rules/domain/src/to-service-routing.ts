import {
  covers,
  type Place,
  type RouteBranch,
  type RouteDestination,
  type RouteRule,
  type ServiceRouting,
} from '@thuban/events';
import { findServiceRouting } from './lookup.js';
import type { ByExactness, RouteRuleEntry, RulesState } from './state.js';

/** The names of rule, branch and destination, so that what an SDK reports of a call leads back to the rule. */
const nameOf = (rule: RouteRule, branch: RouteBranch, destination: RouteDestination): string =>
  [rule.name, branch.name, destination.name].filter((name) => name !== '').join('.');

const named = (rule: RouteRule, branch: RouteBranch, destination: RouteDestination): RouteDestination => ({
  ...destination,
  name: nameOf(rule, branch, destination),
});

/** What a rule says of calls to a service: its branches with only the destinations that are this service. */
const inboundsOf = (rule: RouteRule, here: Place): readonly RouteBranch[] =>
  rule.branches.flatMap((branch) => {
    const destinations = branch.destinations
      .filter((destination) => covers(destination, here))
      .map((destination) => ({ ...named(rule, branch, destination), ...here }));
    return destinations.length > 0 ? [{ ...branch, destinations }] : [];
  });

/** What a rule says of calls by a service: its branches with only the sources that are this service. */
const outboundsOf = (rule: RouteRule, here: Place): readonly RouteBranch[] =>
  rule.branches.flatMap((branch) => {
    const sources = branch.sources.filter((source) => covers(source, here)).map((source) => ({ ...source, ...here }));
    const destinations = branch.destinations.map((destination) => named(rule, branch, destination));
    return sources.length > 0 ? [{ ...branch, sources, destinations }] : [];
  });

const merged = (
  own: readonly RouteBranch[],
  [exact, ...wider]: ByExactness,
  branchesOf: (entry: RouteRuleEntry) => readonly RouteBranch[],
): readonly RouteBranch[] => [...exact.flatMap(branchesOf), ...own, ...wider.flat().flatMap(branchesOf)];

/**
 * What a service sees: SDKs read the first form only, so rules of the second one are converted, as PolarisMesh does. First come the rules that
 * name the service, then its own routing of the first form, then rules for all services of its namespace and for all services of all
 * namespaces; among equals by priority, then id. A branch of a rule that is not about the service leaves nothing behind: one without sources
 * or destinations would match everything.
 */
export const toServiceRouting = (state: RulesState, namespace: string, service: string): ServiceRouting => {
  const here = { namespace, service };
  const own = findServiceRouting(state, namespace, service)?.routing;
  return {
    namespace,
    service,
    inbounds: merged(own?.inbounds ?? [], state.rulesInto(namespace, service), ({ rule }) => inboundsOf(rule, here)),
    outbounds: merged(own?.outbounds ?? [], state.rulesOutOf(namespace, service), ({ rule }) =>
      outboundsOf(rule, here),
    ),
  };
};
