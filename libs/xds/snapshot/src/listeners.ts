import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { anyPack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { envoy } from '@thuban/proto';
import { overAds, PASSTHROUGH_CLUSTER } from './clusters.js';
import { resourceOf } from './encode-resource.js';
import type { NodeFacts, Resource } from './resource.js';
import { OUTBOUND_ROUTES } from './routes.js';

/** What decides the content of a listener. */
export type ListenerFacts = Pick<NodeFacts, 'kind' | 'passthrough' | 'listenerPort'>;

/** The listener of outbound traffic: Polaris's form. */
export const listenerName = (port: number): string => `OUTBOUND_${port}`;

/**
 * A sidecar listens for its own machine only, also when traffic is redirected: iptables REDIRECT turns what local programs send into
 * 127.0.0.1. On all addresses it would be an open proxy for the neighbours. A gateway is there for others.
 */
const addressOf = ({ kind }: ListenerFacts): string => (kind === 'gateway' ? '0.0.0.0' : '127.0.0.1');

const packed = <Schema extends DescMessage>(schema: Schema, message: MessageInitShape<Schema>) =>
  ({ case: 'typedConfig', value: anyPack(schema, create(schema, message)) }) as const;

const httpConnectionManager = ({ kind }: ListenerFacts) =>
  create(envoy.FilterSchema, {
    name: 'envoy.filters.network.http_connection_manager',
    configType: packed(envoy.HttpConnectionManagerSchema, {
      statPrefix: 'outbound',
      routeSpecifier: { case: 'rds', value: { configSource: overAds(), routeConfigName: OUTBOUND_ROUTES } },
      httpFilters: [{ name: 'envoy.filters.http.router', configType: packed(envoy.RouterSchema, {}) }],
      upgradeConfigs: [{ upgradeType: 'websocket' }],
      stripTrailingHostDot: true,
      // A gateway meets strangers: it trusts no X-Forwarded-For of theirs and compares paths in their normal form. A sidecar changes nothing.
      ...(kind === 'gateway' && { useRemoteAddress: true, normalizePath: true }),
    }),
  });

/** Redirected traffic: HTTP goes by routes, anything else on to where it was going. */
const passthroughParts = () => ({
  listenerFilters: [
    create(envoy.ListenerFilterSchema, {
      name: 'envoy.filters.listener.original_dst',
      configType: packed(envoy.OriginalDstSchema, {}),
    }),
    create(envoy.ListenerFilterSchema, {
      name: 'envoy.filters.listener.http_inspector',
      configType: packed(envoy.HttpInspectorSchema, {}),
    }),
  ],
  // Where the server speaks first there is nothing to inspect: after the timeout the connection goes on instead of being closed.
  listenerFiltersTimeout: create(DurationSchema, { nanos: 200_000_000 }),
  continueOnListenerFiltersTimeout: true,
  defaultFilterChain: create(envoy.FilterChainSchema, {
    filters: [
      {
        name: 'envoy.filters.network.tcp_proxy',
        configType: packed(envoy.TcpProxySchema, {
          statPrefix: 'passthrough',
          clusterSpecifier: { case: 'cluster', value: PASSTHROUGH_CLUSTER },
        }),
      },
    ],
  }),
});

/** The outbound HTTP listener of a node: one connection manager whose routes come over ADS. */
export const outboundListener = (facts: ListenerFacts): Resource => {
  const { passthrough, listenerPort } = facts;
  const listener = create(envoy.ListenerSchema, {
    name: listenerName(listenerPort),
    address: {
      address: {
        case: 'socketAddress',
        value: { address: addressOf(facts), portSpecifier: { case: 'portValue', value: listenerPort } },
      },
    },
    trafficDirection: envoy.TrafficDirection.OUTBOUND,
    filterChains: [
      {
        filters: [httpConnectionManager(facts)],
        ...(passthrough && { filterChainMatch: { applicationProtocols: ['http/1.0', 'http/1.1', 'h2c'] } }),
      },
    ],
    ...(passthrough && passthroughParts()),
  });
  return resourceOf('LDS', listener.name, [toBinary(envoy.ListenerSchema, listener)], {
    routes: [OUTBOUND_ROUTES],
    clusters: passthrough ? [PASSTHROUGH_CLUSTER] : [],
  });
};
