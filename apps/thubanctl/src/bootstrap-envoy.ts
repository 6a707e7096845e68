import { isIP } from 'node:net';
import type { HostPort } from './arguments.js';

/** The parts of a node id: `namespace/name`, or `sidecar~namespace/pod~ip` and `gateway~…` as Polaris injects them. */
export interface NodeId {
  readonly kind: 'sidecar' | 'gateway';
  readonly namespace: string;
  readonly name: string;
}

/** Parses a node id; undefined when it has none of the known forms. */
export const parseNodeId = (text: string): NodeId | undefined => {
  const match = /^(?:(sidecar|gateway)~)?([^~/\s]+)\/([^~\s]+)(?:~([^~/\s]+))?$/.exec(text);
  const [, kind, namespace, name] = match ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return { kind: kind === 'gateway' ? 'gateway' : 'sidecar', namespace, name };
};

/** What a bootstrap is made from. */
export interface EnvoyBootstrap {
  readonly nodeId: string;
  readonly node: NodeId;
  /** The service that the node stands for, without its namespace. */
  readonly service?: string;
  readonly mode: 'delta' | 'sotw';
  readonly xds: HostPort;
  readonly adminPort: number;
  readonly listenerPort?: number;
  /** The application's traffic is redirected to the listener, so an unknown host goes to its original destination. */
  readonly redirected: boolean;
}

const XDS_CLUSTER = 'thuban-xds';
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

const metadataOf = ({ node, service, listenerPort, redirected }: EnvoyBootstrap): Readonly<Record<string, string>> => ({
  ...(service !== undefined && {
    [`${node.kind}.polarismesh.cn/serviceNamespace`]: node.namespace,
    [`${node.kind}.polarismesh.cn/serviceName`]: service,
  }),
  ...(listenerPort !== undefined && { 'thuban.dev/listenerPort': String(listenerPort) }),
  ...(redirected && { 'thuban.dev/redirected': 'true' }),
});

/** By address where we can: resolving `localhost` is up to Envoy's resolver, which may find nothing or only an IPv6 address. */
const addressOf = (host: string): string => (host === 'localhost' ? '127.0.0.1' : host);

const socketAddress = ({ host, port }: HostPort): object => ({
  socket_address: { address: addressOf(host), port_value: port },
});

/** The one cluster that Envoy must know before it can ask: HTTP/2, and pinged so that a dead server is noticed. */
const xdsCluster = (xds: HostPort): object => ({
  name: XDS_CLUSTER,
  ...(isIP(addressOf(xds.host)) === 0 ? { type: 'STRICT_DNS', dns_lookup_family: 'V4_PREFERRED' } : { type: 'STATIC' }),
  connect_timeout: '1s',
  typed_extension_protocol_options: {
    [HTTP_OPTIONS]: {
      '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
      explicit_http_config: {
        http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
      },
    },
  },
  load_assignment: {
    cluster_name: XDS_CLUSTER,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(xds) } }] }],
  },
});

const overAds = { ads: {}, resource_api_version: 'V3' };

/**
 * The bootstrap of an Envoy that takes everything over one ADS stream (envoy.config.bootstrap.v3.Bootstrap).
 * The node is named only in the first message of the stream; CDS and LDS come over ADS, and EDS and RDS follow from them.
 */
export const envoyBootstrap = (wanted: EnvoyBootstrap): object => {
  const metadata = metadataOf(wanted);
  return {
    node: {
      id: wanted.nodeId,
      cluster: wanted.service ?? wanted.node.name,
      ...(Object.keys(metadata).length > 0 && { metadata }),
    },
    admin: { address: socketAddress({ host: '127.0.0.1', port: wanted.adminPort }) },
    dynamic_resources: {
      ads_config: {
        api_type: wanted.mode === 'delta' ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: XDS_CLUSTER } }],
      },
      cds_config: overAds,
      lds_config: overAds,
    },
    static_resources: { clusters: [xdsCluster(wanted.xds)] },
  };
};
