import { create, toBinary } from '@bufbuild/protobuf';
import { envoy } from '@thuban/proto';
import type { Mesh, MeshName, MeshService } from '@thuban/xds-mesh';
import { clusterName, PASSTHROUGH_CLUSTER } from './clusters.js';
import { claimDomains } from './domains.js';
import { resourceOf } from './encode-resource.js';
import type { Resource } from './resource.js';
import { type Caller, type CallerRoutes, ROUTE_DEFAULTS, type ServiceRoutes } from './service-routing.js';
import type { Wire } from './wire.js';

/** The one route configuration of outbound traffic: Polaris's name. Its content depends on the node's namespace. */
export const OUTBOUND_ROUTES = 'polaris-outbound-router';

/** The virtual hosts of a namespace for one kind of caller, encoded, and the clusters that they send to. */
export interface RouteTable {
  readonly virtualHosts: readonly Buffer[];
  readonly clusters: readonly string[];
}

/** Keeps the encoded virtual hosts of a namespace, so that a new service or a changed rule encodes one. */
export interface RouteTables {
  /**
   * The table as the mesh is now, for a caller; the same one for callers that no rule tells apart. O(names of the namespace) after
   * `invalidate`; encodes only what changed since then.
   */
  tableOf(namespace: string, service: string): RouteTable;
  /** The names of a namespace, where they lead to, or rules of a service there have changed. */
  invalidate(namespace: string): void;
  /** Forgets a namespace that nobody asks for. */
  forget(namespace: string): void;
}

/** The service that a name means; undefined for an alias whose target does not exist (now). */
export const targetOf = (mesh: Mesh, name: MeshName): MeshService | undefined =>
  name.kind === 'service' ? name : mesh.service(name.targetNamespace, name.targetService);

/** The names of a namespace that route somewhere, oldest first. An alias without target claims nothing: it would only answer 503. */
export const routedNames = (mesh: Mesh, namespace: string): readonly MeshName[] =>
  (mesh.namespace(namespace)?.byAge ?? []).filter((name) => targetOf(mesh, name) !== undefined);

/** Everything goes to the cluster: field 2 (route) of Route, without the cluster's name. */
const ROUTE_ACTION = toBinary(envoy.RouteActionSchema, create(envoy.RouteActionSchema, ROUTE_DEFAULTS));
const ANY_PATH = create(envoy.RouteMatchSchema, { pathSpecifier: { case: 'prefix', value: '/' } });
const MATCH = toBinary(envoy.RouteMatchSchema, ANY_PATH);

const NO_RULES: CallerRoutes = { variant: '', routes: [], complete: false, transfers: [] };

/** Field 2 (virtual_hosts) of RouteConfiguration, tag and length included: the routes of the rules, then one to the whole service. */
const virtualHostFrame = (
  wire: Wire,
  name: string,
  { domains, cluster }: Pick<Entry, 'domains' | 'cluster'>,
  { routes, complete }: CallerRoutes,
): Buffer => {
  if (!complete) {
    wire.raw(ROUTE_ACTION);
    wire.string(1, cluster);
    wire.wrap(2, 0); // Route.route
    wire.bytes(1, MATCH); // Route.match
    wire.wrap(3, 0); // VirtualHost.routes
  }
  for (const route of routes.toReversed()) wire.bytes(3, route);
  for (const domain of domains.toReversed()) wire.string(2, domain);
  wire.string(1, name);
  wire.wrap(2, 0);
  return wire.take();
};

/** A virtual host, encoded for each kind of caller that has asked. */
interface Entry {
  readonly target: MeshService;
  readonly domains: readonly string[];
  readonly cluster: string;
  readonly rules: ServiceRoutes | undefined;
  readonly frames: Map<string, Buffer>;
}

interface Kept {
  readonly entries: ReadonlyMap<MeshName, Entry>;
  /** Those whose routes depend on the caller. */
  readonly varying: readonly ServiceRoutes[];
  /** By what the varying ones say of a caller. */
  readonly tables: Map<string, RouteTable>;
  fresh: boolean;
}

/** `rulesOf` answers the routes that rules make for a service, if there are any. */
export const createRouteTables = (
  wire: Wire,
  mesh: Mesh,
  rulesOf: (service: MeshService) => ServiceRoutes | undefined,
): RouteTables => {
  const kept = new Map<string, Kept>();

  const entriesOf = (namespace: string): ReadonlyMap<MeshName, Entry> => {
    const previous = kept.get(namespace)?.entries;
    const entries = new Map<MeshName, Entry>();
    for (const { name, domains } of claimDomains(routedNames(mesh, namespace))) {
      const target = targetOf(mesh, name);
      if (!target || domains.length === 0) continue;
      const rules = rulesOf(target);
      const known = previous?.get(name);
      const fits = known?.target === target && known.rules === rules && sameDomains(known.domains, domains);
      const cluster = clusterName(target.namespace, target.name);
      entries.set(name, fits ? known : { target, domains, cluster, rules, frames: new Map() });
    }
    return entries;
  };
  const freshOf = (namespace: string): Kept => {
    const known = kept.get(namespace);
    if (known?.fresh) return known;
    const entries = entriesOf(namespace);
    const varying = [...new Set([...entries.values()].flatMap(({ rules }) => (rules?.varies ? [rules] : [])))];
    const made: Kept = { entries, varying, tables: new Map(), fresh: true };
    kept.set(namespace, made);
    return made;
  };
  const frameOf = ({ name, namespace }: MeshName, entry: Entry, routes: CallerRoutes): Buffer => {
    const host = `${name}.${namespace}`; // unique: one namespace, one name; the catch-all has no dot
    const frame = entry.frames.get(routes.variant) ?? virtualHostFrame(wire, host, entry, routes);
    entry.frames.set(routes.variant, frame);
    return frame;
  };
  const tableFor = ({ entries }: Kept, caller: Caller): RouteTable => {
    const clusters = new Set<string>();
    const virtualHosts = [...entries].map(([name, entry]) => {
      const routes = entry.rules?.forCaller(caller) ?? NO_RULES;
      clusters.add(entry.cluster);
      for (const cluster of routes.transfers) clusters.add(cluster);
      return frameOf(name, entry, routes);
    });
    return { virtualHosts, clusters: [...clusters] };
  };

  return {
    tableOf: (namespace, service) => {
      const fresh = freshOf(namespace);
      const caller = { namespace, service };
      const key = fresh.varying.map((rules) => rules.forCaller(caller).variant).join(' ');
      const table = fresh.tables.get(key) ?? tableFor(fresh, caller);
      fresh.tables.set(key, table);
      return table;
    },
    invalidate: (namespace) => {
      const known = kept.get(namespace);
      if (known) known.fresh = false;
    },
    forget: (namespace) => void kept.delete(namespace),
  };
};

/** Of uncontested names the arrays themselves are the same. */
const sameDomains = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((domain, i) => domain === b[i]));

const UNKNOWN_HOST_BODY = (namespace: string): string =>
  `no service of namespace "${namespace}" answers to this host; known forms are <service>, <service>.${namespace} and <service>.${namespace}.svc.cluster.local\n`;

/** What happens to a host that is no service of the namespace: it goes where it was going, or gets a 404 that says so. */
const catchAll = (namespace: string, passthrough: boolean): Uint8Array => {
  const virtualHost = create(envoy.VirtualHostSchema, {
    name: passthrough ? 'allow_any' : 'unknown_host',
    domains: ['*'],
    routes: [
      {
        match: ANY_PATH,
        action: passthrough
          ? { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: PASSTHROUGH_CLUSTER }, timeout: {} } }
          : {
              case: 'directResponse',
              value: {
                status: 404,
                body: { specifier: { case: 'inlineString', value: UNKNOWN_HOST_BODY(namespace) } },
              },
            },
      },
    ],
  });
  return toBinary(
    envoy.RouteConfigurationSchema,
    create(envoy.RouteConfigurationSchema, { virtualHosts: [virtualHost] }),
  );
};

const NAME = toBinary(
  envoy.RouteConfigurationSchema,
  create(envoy.RouteConfigurationSchema, { name: OUTBOUND_ROUTES }),
);
const OPTIONS = toBinary(
  envoy.RouteConfigurationSchema,
  create(envoy.RouteConfigurationSchema, { ignorePortInHostMatching: true }),
);

/** The RouteConfiguration of a namespace, assembled from virtual hosts that are encoded already. */
export const outboundRoutes = (namespace: string, passthrough: boolean, table: RouteTable): Resource =>
  resourceOf('RDS', OUTBOUND_ROUTES, [NAME, ...table.virtualHosts, catchAll(namespace, passthrough), OPTIONS], {
    clusters: passthrough ? [...table.clusters, PASSTHROUGH_CLUSTER] : table.clusters,
  });
