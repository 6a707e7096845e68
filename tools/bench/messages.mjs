// The requests that the load sends, encoded once before the clock starts.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { envoy, polaris } from '@thuban/proto';

const bytes = (schema, init) => Buffer.from(toBinary(schema, create(schema, init)));

export const instance = ({ namespace, service, host, port, ...rest }) =>
  bytes(polaris.InstanceSchema, {
    namespace,
    service,
    host,
    port,
    metadata: { env: 'bench', idc: 'z1' },
    protocol: 'grpc',
    version: '1.0.0',
    ...rest,
  });

export const discover = (namespace, name, revision) =>
  bytes(polaris.DiscoverRequestSchema, {
    type: polaris.DiscoverRequest_DiscoverRequestType.INSTANCE,
    service: { namespace, name, revision },
  });

export const decodeResponse = (message) => fromBinary(polaris.ResponseSchema, message);
export const decodeDiscover = (message) => fromBinary(polaris.DiscoverResponseSchema, message);
export const decodeDelta = (message) => fromBinary(envoy.DeltaDiscoveryResponseSchema, message);
export const deltaRequest = (init) => bytes(envoy.DeltaDiscoveryRequestSchema, init);

export const EDS = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';
export const PATHS = {
  register: '/v1.PolarisGRPC/RegisterInstance',
  deregister: '/v1.PolarisGRPC/DeregisterInstance',
  heartbeat: '/v1.PolarisGRPC/Heartbeat',
  discover: '/v1.PolarisGRPC/Discover',
  delta: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
};
