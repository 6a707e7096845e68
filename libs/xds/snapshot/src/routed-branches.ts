import type { RouteDestination, RouteSource } from '@thuban/events';
import type { MeshRoute } from '@thuban/xds-mesh';
import { clusterName } from './clusters.js';
import { type MatchedRequests, requestMatches } from './request-matches.js';
import { readSubset, type Subset } from './subsets.js';
import { type Read, read, unreadable } from './string-match.js';

/** Whose requests: `*` is any. */
export interface RoutedSource {
  readonly namespace: string;
  readonly service: string;
  readonly matches: readonly MatchedRequests[];
}

/** Where requests go: to a subset of the service, to all of it, or to all of another one. */
export interface RoutedDestination {
  readonly priority: number;
  readonly weight: number;
  readonly subset: Subset | undefined;
  readonly transfer: { readonly namespace: string; readonly service: string; readonly cluster: string } | undefined;
}

/** A branch as a proxy can follow it. */
export interface RoutedBranch {
  /** Rule and branch, for operators. */
  readonly name: string;
  readonly sources: readonly RoutedSource[];
  /** Without those that are isolated or have weight 0. */
  readonly destinations: readonly RoutedDestination[];
}

/** What became of a branch. `problems` are sentences about what is left out of it, or why it is left out. */
export interface ReadBranch {
  readonly branch: RoutedBranch | undefined;
  readonly problems: readonly string[];
}

const ANYBODY: RouteSource = { namespace: '*', service: '*', arguments: [] };

const nameOf = ({ form, name, branch, index }: MeshRoute): string =>
  [form === 'service-routing' ? 'inbounds' : name, branch.name || `${index + 1}`].join('/');

const readSource = (
  { namespace, service, arguments: args }: RouteSource,
  form: MeshRoute['form'],
): Read<RoutedSource> => {
  const matches = requestMatches(args, { labelsAreHeaders: form === 'service-routing' });
  return matches.ok ? read({ namespace, service, matches: matches.value }) : matches;
};

const readDestination = (destination: RouteDestination, namespace: string): Read<RoutedDestination> => {
  const { labels, transfer, priority, weight } = destination;
  const subset = readSubset(labels);
  if (!subset.ok) return subset;
  if (transfer === '') return read({ priority, weight, subset: subset.value, transfer: undefined });
  if (subset.value) return unreadable(`transfer to ${transfer} with labels is not possible`);
  const target = { namespace, service: transfer, cluster: clusterName(namespace, transfer) };
  return read({ priority, weight, subset: undefined, transfer: target });
};

const values = <T>(all: readonly Read<T>[]): readonly T[] => all.flatMap((one) => (one.ok ? [one.value] : []));
const problems = (all: readonly Read<unknown>[]): readonly string[] =>
  all.flatMap((one) => (one.ok ? [] : [one.problem]));

/**
 * Reads a branch for a service of a namespace. Sources are alternatives, so one that cannot be followed is left out alone. Without one of its
 * destinations a branch would divide traffic otherwise than was meant, so it is left out as a whole.
 */
export const readBranch = (route: MeshRoute, namespace: string): ReadBranch => {
  const { form, branch } = route;
  const name = nameOf(route);
  const sources = (branch.sources.length > 0 ? branch.sources : [ANYBODY]).map((source) => readSource(source, form));
  const wanted = branch.destinations.filter(({ isolated, weight }) => !isolated && weight > 0);
  const destinations = wanted.map((destination) => readDestination(destination, namespace));
  const lost = [...problems(sources), ...problems(destinations)];
  const usable = problems(destinations).length === 0 && values(sources).length > 0;
  const fate = usable ? 'that source is left out' : 'the branch is left out';
  return {
    branch: usable ? { name, sources: values(sources), destinations: values(destinations) } : undefined,
    problems: lost.map((problem) => `${name}: ${problem}: ${fate}`),
  };
};
