import { create, toBinary } from '@bufbuild/protobuf';
import { envoy } from '@thuban/proto';
import type { Mesh, MeshName, MeshService } from '@thuban/xds-mesh';
import { clusterName, PASSTHROUGH_CLUSTER } from './clusters.js';
import { claimDomains } from './domains.js';
import { resourceOf } from './encode-resource.js';
import type { Resource } from './resource.js';
import type { Wire } from './wire.js';

/** The one route configuration of outbound traffic: Polaris's name. Its content depends on the node's namespace. */
export const OUTBOUND_ROUTES = 'polaris-outbound-router';

/** The virtual hosts of a namespace, encoded, and the clusters that they send to. */
export interface RouteTable {
  readonly virtualHosts: readonly Buffer[];
  readonly clusters: readonly string[];
}

/** Keeps the encoded virtual hosts of a namespace, so that a new service encodes one. */
export interface RouteTables {
  /** The table as the mesh is now. O(names of the namespace); encodes only what changed since the last call. */
  tableOf(namespace: string): RouteTable;
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
const ROUTE_ACTION = toBinary(
  envoy.RouteActionSchema,
  create(envoy.RouteActionSchema, {
    // No limit of our own on how long an answer may take (Envoy's is 15 s, which ends streams); the idle timeout of the listener stays.
    timeout: {},
    // Both mean that the request was never processed, so a repeat is safe for every method.
    retryPolicy: { retryOn: 'connect-failure,refused-stream', numRetries: 2 },
  }),
);
const ANY_PATH = create(envoy.RouteMatchSchema, { pathSpecifier: { case: 'prefix', value: '/' } });
const MATCH = toBinary(envoy.RouteMatchSchema, ANY_PATH);

/** Field 2 (virtual_hosts) of RouteConfiguration, tag and length included. */
const virtualHostFrame = (wire: Wire, name: string, domains: readonly string[], cluster: string): Buffer => {
  wire.raw(ROUTE_ACTION);
  wire.string(1, cluster);
  wire.wrap(2, 0); // Route.route
  wire.bytes(1, MATCH); // Route.match
  wire.wrap(3, 0); // VirtualHost.routes
  for (const domain of domains.toReversed()) wire.string(2, domain);
  wire.string(1, name);
  wire.wrap(2, 0);
  return wire.take();
};

interface Encoded {
  readonly target: MeshService;
  readonly domains: readonly string[];
  readonly cluster: string;
  readonly frame: Buffer;
}

export const createRouteTables = (wire: Wire, mesh: Mesh): RouteTables => {
  const kept = new Map<string, Map<MeshName, Encoded>>();
  const encode = (name: MeshName, target: MeshService, domains: readonly string[]): Encoded => {
    const cluster = clusterName(target.namespace, target.name);
    const host = `${name.name}.${name.namespace}`; // unique: one namespace, one name; the catch-all has no dot
    return { target, domains, cluster, frame: virtualHostFrame(wire, host, domains, cluster) };
  };

  return {
    tableOf: (namespace) => {
      const previous = kept.get(namespace);
      const encoded = new Map<MeshName, Encoded>();
      for (const { name, domains } of claimDomains(routedNames(mesh, namespace))) {
        const target = targetOf(mesh, name);
        if (!target || domains.length === 0) continue;
        const known = previous?.get(name);
        const fits = known?.target === target && sameDomains(known.domains, domains);
        encoded.set(name, fits ? known : encode(name, target, domains));
      }
      kept.set(namespace, encoded);
      const all = [...encoded.values()];
      return { virtualHosts: all.map(({ frame }) => frame), clusters: [...new Set(all.map(({ cluster }) => cluster))] };
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
