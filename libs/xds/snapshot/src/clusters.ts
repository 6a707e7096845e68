import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack, type Any } from '@bufbuild/protobuf/wkt';
import { envoy } from '@thuban/proto';
import { resourceOf } from './encode-resource.js';
import type { Resource } from './resource.js';
import type { Wire } from './wire.js';

/** The cluster, and the ClusterLoadAssignment, of a service: Polaris's form. Registry names hold no `|`, so it is unambiguous. */
export const clusterName = (namespace: string, service: string): string => `OUTBOUND|${namespace}|${service}`;

/** Sends a connection on to where it was going before it was redirected. */
export const PASSTHROUGH_CLUSTER = 'PassthroughCluster';

/**
 * Everything is asked for on the one ADS stream. No fetch timeout: a proxy that has not heard of its endpoints or routes yet keeps what it
 * had (or is not ready), instead of going on with nothing after 15 s. We always answer: xds_protocol, "Resource warming", R46.
 */
export const overAds = () =>
  create(envoy.ConfigSourceSchema, {
    configSourceSpecifier: { case: 'ads', value: {} },
    initialFetchTimeout: {},
    resourceApiVersion: envoy.ApiVersion.V3,
  });

/** HTTP/1.1 and HTTP/2 (gRPC) go on as they came. */
const SAME_PROTOCOL: Any = anyPack(
  envoy.UpstreamsHttpProtocolOptionsSchema,
  create(envoy.UpstreamsHttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'useDownstreamProtocolConfig',
      value: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
    },
  }),
);
const PROTOCOL_OPTIONS = { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': SAME_PROTOCOL };
const CONNECT_TIMEOUT = { seconds: 5n };

/** What all service clusters have in common; the name is prepended. */
const EDS_CLUSTER = toBinary(
  envoy.ClusterSchema,
  create(envoy.ClusterSchema, {
    clusterDiscoveryType: { case: 'type', value: envoy.Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: overAds() },
    connectTimeout: CONNECT_TIMEOUT,
    lbPolicy: envoy.Cluster_LbPolicy.ROUND_ROBIN,
    commonLbConfig: {
      // Panic (all endpoints, whatever their health) only when nobody is healthy, as Polaris SDKs do; Envoy's 50 % would send to known dead ones.
      healthyPanicThreshold: { value: 1 },
      // Weights and health reach the workers within 50 ms of each other; Envoy's default is 1 s.
      updateMergeWindow: { nanos: 50_000_000 },
    },
    typedExtensionProtocolOptions: PROTOCOL_OPTIONS,
  }),
);

/** Field 22 (lb_subset_config) of Cluster. */
const subsetConfig = (selectors: readonly (readonly string[])[]): Uint8Array =>
  toBinary(
    envoy.ClusterSchema,
    create(envoy.ClusterSchema, {
      lbSubsetConfig: {
        // Routes that ask for no labels take every endpoint; those that do take nobody else's when theirs are gone.
        fallbackPolicy: envoy.Cluster_LbSubsetConfig_LbSubsetFallbackPolicy.ANY_ENDPOINT,
        subsetSelectors: selectors.map((keys) => ({
          keys: [...keys],
          fallbackPolicy: envoy.Cluster_LbSubsetConfig_LbSubsetSelector_LbSubsetSelectorFallbackPolicy.NO_FALLBACK,
        })),
      },
    }),
  );

/** The EDS cluster of a service. `selectors` are the label keys by which rules divide it. */
export const serviceCluster = (wire: Wire, name: string, selectors: readonly (readonly string[])[] = []): Resource => {
  if (selectors.length > 0) wire.raw(subsetConfig(selectors));
  wire.raw(EDS_CLUSTER);
  wire.string(1, name);
  return resourceOf('CDS', name, [wire.take()]);
};

/** Only for nodes whose traffic is redirected. */
export const passthroughCluster = (): Resource => {
  const cluster = create(envoy.ClusterSchema, {
    name: PASSTHROUGH_CLUSTER,
    clusterDiscoveryType: { case: 'type', value: envoy.Cluster_DiscoveryType.ORIGINAL_DST },
    connectTimeout: CONNECT_TIMEOUT,
    lbPolicy: envoy.Cluster_LbPolicy.CLUSTER_PROVIDED,
    typedExtensionProtocolOptions: PROTOCOL_OPTIONS,
  });
  return resourceOf('CDS', PASSTHROUGH_CLUSTER, [toBinary(envoy.ClusterSchema, cluster)]);
};
