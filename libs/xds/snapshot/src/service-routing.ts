import { create, toBinary } from '@bufbuild/protobuf';
import type { Instance } from '@thuban/events';
import { envoy } from '@thuban/proto';
import type { MeshRoute, MeshService } from '@thuban/xds-mesh';
import { clusterName } from './clusters.js';
import { omissionOf } from './endpoints.js';
import type { MatchedRequests } from './request-matches.js';
import { readBranch, type RoutedBranch, type RoutedDestination, type RoutedSource } from './routed-branches.js';
import type { Subset } from './subsets.js';

/** Who sends: the service that a proxy stands for, which may be empty. */
export interface Caller {
  readonly namespace: string;
  readonly service: string;
}

/** The routes of a service for one kind of caller, encoded. */
export interface CallerRoutes {
  /** Equal variants of one {@link ServiceRoutes} have equal routes. */
  readonly variant: string;
  /** Of type Route, first match first. They come before the route that takes the rest to the whole service. */
  readonly routes: readonly Uint8Array[];
  /** One of `routes` takes every request. */
  readonly complete: boolean;
  /** Clusters of other services that they send to. */
  readonly transfers: readonly string[];
}

/** What virtual hosts of a service hold besides its domains; another object whenever any of it changed. */
export interface ServiceRoutes {
  /** Whether callers get different routes. */
  readonly varies: boolean;
  forCaller(caller: Caller): CallerRoutes;
  /** The clusters of other services that some caller's requests go to. */
  readonly transfers: readonly string[];
}

/** The rules of one service as proxies follow them. */
export interface ServiceRouting {
  /** As the endpoints are now. */
  routes(): ServiceRoutes;
  /** The label keys by which the service is divided: the subset selectors of its cluster, in order. */
  readonly selectors: readonly (readonly string[])[];
  /** Labels that an endpoint carries besides its own: see `Subset.computed`. */
  labelsFor(instance: Instance): readonly (readonly [string, string])[];
  /** Identifies what `labelsFor` answers. */
  readonly computed: string;
  /** Clusters of the services that rules transfer to, whether they exist or not. */
  readonly transferTargets: readonly string[];
  /** Takes a change of an endpoint over and says whether routes change by it. */
  change(before: Instance | undefined, after: Instance | undefined): boolean;
  /** A service that rules transfer to has come or gone. */
  transferTargetChanged(): void;
  /** Branches that match requests and have nobody to send them to. */
  emptyBranches(): readonly string[];
}

/** How much of a subset there is. */
type Level = 'none' | 'served' | 'healthy';
interface Population {
  served: number;
  healthy: number;
}
const levelOf = ({ served, healthy }: Population): Level => (healthy > 0 ? 'healthy' : served > 0 ? 'served' : 'none');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of every route that sends on. */
export const ROUTE_DEFAULTS = {
  // No limit of our own on how long an answer may take (Envoy's is 15 s, which ends streams); the idle timeout of the listener stays.
  timeout: {},
  // Both mean that the request was never processed, so a repeat is safe for every method.
  retryPolicy: { retryOn: 'connect-failure,refused-stream', numRetries: 2 },
} as const;

/** The rules of a service. `exists` tells of other services, for transfers. */
export const createServiceRouting = (
  service: MeshService,
  rules: readonly MeshRoute[],
  exists: (namespace: string, name: string) => boolean,
): ServiceRouting => {
  const here = clusterName(service.namespace, service.name);
  const branches = rules.flatMap((rule) => readBranch(rule, service.namespace).branch ?? []);
  const destinations = branches.flatMap((branch) => branch.destinations);
  const subsets = new Map(destinations.flatMap(({ subset }) => (subset ? [[subset.key, subset] as const] : [])));
  const computed = [...subsets.values()].filter((subset) => subset.computed);
  const whole: Population = { served: 0, healthy: 0 };
  const populations = new Map([...subsets.keys()].map((key): [string, Population] => [key, { served: 0, healthy: 0 }]));
  let routes: ServiceRoutes | undefined;

  const populationsOf = (instance: Instance): readonly Population[] => [
    whole,
    ...[...subsets.values()].flatMap((subset) => (subset.holds(instance) ? (populations.get(subset.key) ?? []) : [])),
  ];
  const count = (instance: Instance | undefined, by: 1 | -1): void => {
    if (!instance || omissionOf(instance) !== undefined) return;
    for (const population of populationsOf(instance)) {
      population.served += by;
      if (instance.healthy) population.healthy += by;
    }
  };
  const levels = (): string => [whole, ...populations.values()].map(levelOf).join();
  const levelOfDestination = ({ subset, transfer }: RoutedDestination): Level => {
    if (transfer) return exists(transfer.namespace, transfer.service) ? 'healthy' : 'none';
    return levelOf((subset && populations.get(subset.key)) ?? whole);
  };
  for (const instance of service.endpoints.values()) count(instance, 1);

  return {
    routes: () => (routes ??= routesOf(service, here, branches, levelOfDestination)),
    selectors: selectorsOf([...subsets.values()]),
    labelsFor: (instance) =>
      computed.filter((subset) => subset.holds(instance)).flatMap((s) => Object.entries(s.metadata)),
    computed: computed
      .map(({ key }) => key)
      .sort(compare)
      .join('\n'),
    transferTargets: [...new Set(destinations.flatMap(({ transfer }) => transfer?.cluster ?? []))],
    change: (before, after) => {
      const then = levels();
      count(before, -1);
      count(after, 1);
      if (levels() === then) return false;
      routes = undefined;
      return true;
    },
    transferTargetChanged: () => void (routes = undefined),
    emptyBranches: () =>
      branches.filter((branch) => takers(branch, levelOfDestination).length === 0).map(({ name }) => name),
  };
};

/** Each set of keys once; in order, or equal rules had more than one cluster. */
const selectorsOf = (subsets: readonly Subset[]): readonly (readonly string[])[] => {
  const keySets = subsets.map(({ metadata }) => Object.keys(metadata).sort(compare));
  return [...new Map(keySets.map((keys) => [JSON.stringify(keys), keys])).entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([, keys]) => keys);
};

/**
 * Who takes the requests of a branch: of the first priority with somebody healthy those who have somebody healthy, or when there is none
 * those of the first priority with anybody, for unhealthy ones are tried rather than nobody.
 */
const takers = (
  { destinations }: RoutedBranch,
  levelOf: (destination: RoutedDestination) => Level,
): readonly RoutedDestination[] => {
  const at = (level: Level): readonly RoutedDestination[] => {
    const all = destinations.filter((destination) => levelOf(destination) === level);
    const first = Math.min(...all.map(({ priority }) => priority));
    return all.filter(({ priority }) => priority === first);
  };
  const healthy = at('healthy');
  return healthy.length > 0 ? healthy : at('served');
};

const appliesTo = ({ namespace, service }: Caller, source: RoutedSource): boolean =>
  (source.namespace === '*' || source.namespace === namespace) &&
  (source.service === '*' || source.service === service);

const routesOf = (
  service: MeshService,
  here: string,
  branches: readonly RoutedBranch[],
  levelOf: (destination: RoutedDestination) => Level,
): ServiceRoutes => {
  const decided = branches.map((branch) => ({ branch, takers: takers(branch, levelOf) }));
  // As in SDKs a branch that has nobody leaves its requests to later branches; those that none of them takes are refused, not spread out.
  const inOrder = [
    ...decided.filter((one) => one.takers.length > 0),
    ...decided.filter((one) => one.takers.length === 0),
  ];
  const sources = inOrder.flatMap(({ branch }) => branch.sources);
  const varies = sources.some((source) => source.namespace !== '*' || source.service !== '*');
  const made = new Map<string, CallerRoutes>();
  const actions = inOrder.map((one) =>
    one.takers.length > 0 ? forwarding(here, one.takers) : refusing(service, one.branch.name),
  );

  const make = (variant: string, caller: Caller): CallerRoutes => {
    const routes: Uint8Array[] = [];
    const transfers = new Set<string>();
    const result = (complete: boolean): CallerRoutes => ({ variant, routes, complete, transfers: [...transfers] });
    for (const [i, { branch, takers }] of inOrder.entries()) {
      const matches = branch.sources.filter((source) => appliesTo(caller, source)).flatMap((source) => source.matches);
      for (const { match, any } of matches) {
        routes.push(encoded(branch.name, match, actions[i]!));
        for (const { transfer } of takers) if (transfer) transfers.add(transfer.cluster);
        if (any) return result(true);
      }
    }
    return result(false);
  };
  return {
    varies,
    transfers: [...new Set(decided.flatMap((one) => one.takers).flatMap(({ transfer }) => transfer?.cluster ?? []))],
    forCaller: (caller) => {
      const variant = varies ? sources.map((source) => (appliesTo(caller, source) ? '1' : '0')).join('') : '';
      const known = made.get(variant) ?? make(variant, caller);
      made.set(variant, known);
      return known;
    },
  };
};

type Action = envoy.Route['action'];

const encoded = (name: string, match: MatchedRequests['match'], action: Action): Uint8Array =>
  toBinary(envoy.RouteSchema, create(envoy.RouteSchema, { name, match, action }));

/** One destination by its cluster, several by weight; `metadata_match` picks the subset (route_components.proto, RouteAction). */
const forwarding = (here: string, takers: readonly RoutedDestination[]): Action => {
  const target = ({ subset, transfer }: RoutedDestination) => ({
    name: transfer?.cluster ?? here,
    ...(subset && { metadataMatch: { filterMetadata: { 'envoy.lb': subset.metadata } } }),
  });
  const [first] = takers;
  const { name, ...subset } = target(first!);
  const value =
    takers.length === 1
      ? create(envoy.RouteActionSchema, {
          clusterSpecifier: { case: 'cluster', value: name },
          ...subset,
          ...ROUTE_DEFAULTS,
        })
      : create(envoy.RouteActionSchema, {
          clusterSpecifier: {
            case: 'weightedClusters',
            value: { clusters: takers.map((taker) => ({ ...target(taker), weight: taker.weight })) },
          },
          ...ROUTE_DEFAULTS,
        });
  return { case: 'route', value };
};

const refusing = ({ name }: MeshService, branch: string): Action => ({
  case: 'directResponse',
  value: create(envoy.DirectResponseActionSchema, {
    status: 503,
    body: {
      specifier: {
        case: 'inlineString',
        value: `routing rule ${branch} matches, and no instance of ${name} is what it asks for\n`,
      },
    },
  }),
});
