// Envoy v3, what a control plane for sidecars and gateways sends and reads. Names are Envoy's; only the cluster extension
// envoy.extensions.upstreams.http.v3.HttpProtocolOptions has a prefix, because core has a message of that name too.

// Discovery
export { type AdsDummy, AdsDummySchema, AggregatedDiscoveryService } from './gen/envoy/service/discovery/v3/ads_pb.js';
export {
  type ResourceName,
  ResourceNameSchema,
  type DiscoveryRequest,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  type Resource,
  ResourceSchema,
  type Resource_CacheControl,
  Resource_CacheControlSchema,
} from './gen/envoy/service/discovery/v3/discovery_pb.js';
export { type Status, StatusSchema } from './gen/google/rpc/status_pb.js';

// Core
export {
  type Locality,
  LocalitySchema,
  type BuildVersion,
  BuildVersionSchema,
  type Extension,
  ExtensionSchema,
  type Node,
  NodeSchema,
  type Metadata,
  MetadataSchema,
  type RuntimeUInt32,
  RuntimeUInt32Schema,
  type HeaderValue,
  HeaderValueSchema,
  type HeaderValueOption,
  HeaderValueOptionSchema,
  type HeaderMap,
  HeaderMapSchema,
  type DataSource,
  DataSourceSchema,
  type TransportSocket,
  TransportSocketSchema,
  type RuntimeFractionalPercent,
  RuntimeFractionalPercentSchema,
  type ControlPlane,
  ControlPlaneSchema,
  HeaderValueOption_HeaderAppendAction,
  HeaderValueOption_HeaderAppendActionSchema,
  RoutingPriority,
  RoutingPrioritySchema,
  RequestMethod,
  RequestMethodSchema,
  TrafficDirection,
  TrafficDirectionSchema,
} from './gen/envoy/config/core/v3/base_pb.js';
export {
  type Pipe,
  PipeSchema,
  type SocketAddress,
  SocketAddressSchema,
  type BindConfig,
  BindConfigSchema,
  type Address,
  AddressSchema,
  type CidrRange,
  CidrRangeSchema,
  SocketAddress_Protocol,
  SocketAddress_ProtocolSchema,
} from './gen/envoy/config/core/v3/address_pb.js';
export {
  type ApiConfigSource,
  ApiConfigSourceSchema,
  type AggregatedConfigSource,
  AggregatedConfigSourceSchema,
  type SelfConfigSource,
  SelfConfigSourceSchema,
  type ConfigSource,
  ConfigSourceSchema,
  ApiConfigSource_ApiType,
  ApiConfigSource_ApiTypeSchema,
  ApiVersion,
  ApiVersionSchema,
} from './gen/envoy/config/core/v3/config_source_pb.js';
export { type TypedExtensionConfig, TypedExtensionConfigSchema } from './gen/envoy/config/core/v3/extension_pb.js';
export {
  type GrpcService,
  GrpcServiceSchema,
  type GrpcService_EnvoyGrpc,
  GrpcService_EnvoyGrpcSchema,
} from './gen/envoy/config/core/v3/grpc_service_pb.js';
export {
  type HealthStatusSet,
  HealthStatusSetSchema,
  HealthStatus,
  HealthStatusSchema,
} from './gen/envoy/config/core/v3/health_check_pb.js';
export {
  type TcpProtocolOptions,
  TcpProtocolOptionsSchema,
  type HttpProtocolOptions,
  HttpProtocolOptionsSchema,
  type Http1ProtocolOptions,
  Http1ProtocolOptionsSchema,
  type Http2ProtocolOptions,
  Http2ProtocolOptionsSchema,
} from './gen/envoy/config/core/v3/protocol_pb.js';
export {
  type Percent,
  PercentSchema,
  type FractionalPercent,
  FractionalPercentSchema,
  FractionalPercent_DenominatorType,
  FractionalPercent_DenominatorTypeSchema,
} from './gen/envoy/type/v3/percent_pb.js';
export {
  type Int64Range,
  Int64RangeSchema,
  type Int32Range,
  Int32RangeSchema,
  type DoubleRange,
  DoubleRangeSchema,
} from './gen/envoy/type/v3/range_pb.js';
export {
  type RegexMatcher,
  RegexMatcherSchema,
  type RegexMatcher_GoogleRE2,
  RegexMatcher_GoogleRE2Schema,
  type RegexMatchAndSubstitute,
  RegexMatchAndSubstituteSchema,
} from './gen/envoy/type/matcher/v3/regex_pb.js';
export { type StringMatcher, StringMatcherSchema } from './gen/envoy/type/matcher/v3/string_pb.js';

// Resources
export {
  type Cluster,
  ClusterSchema,
  type Cluster_TransportSocketMatch,
  Cluster_TransportSocketMatchSchema,
  type Cluster_CustomClusterType,
  Cluster_CustomClusterTypeSchema,
  type Cluster_EdsClusterConfig,
  Cluster_EdsClusterConfigSchema,
  type Cluster_LbSubsetConfig,
  Cluster_LbSubsetConfigSchema,
  type Cluster_LbSubsetConfig_LbSubsetSelector,
  Cluster_LbSubsetConfig_LbSubsetSelectorSchema,
  type Cluster_LeastRequestLbConfig,
  Cluster_LeastRequestLbConfigSchema,
  type Cluster_RingHashLbConfig,
  Cluster_RingHashLbConfigSchema,
  type Cluster_OriginalDstLbConfig,
  Cluster_OriginalDstLbConfigSchema,
  type Cluster_CommonLbConfig,
  Cluster_CommonLbConfigSchema,
  type Cluster_CommonLbConfig_ZoneAwareLbConfig,
  Cluster_CommonLbConfig_ZoneAwareLbConfigSchema,
  type Cluster_CommonLbConfig_LocalityWeightedLbConfig,
  Cluster_CommonLbConfig_LocalityWeightedLbConfigSchema,
  type UpstreamConnectionOptions,
  UpstreamConnectionOptionsSchema,
  Cluster_LbSubsetConfig_LbSubsetSelector_LbSubsetSelectorFallbackPolicy,
  Cluster_LbSubsetConfig_LbSubsetFallbackPolicy,
  Cluster_LbSubsetConfig_LbSubsetFallbackPolicySchema,
  Cluster_DiscoveryType,
  Cluster_DiscoveryTypeSchema,
  Cluster_LbPolicy,
  Cluster_LbPolicySchema,
} from './gen/envoy/config/cluster/v3/cluster_pb.js';
export {
  type CircuitBreakers,
  CircuitBreakersSchema,
  type CircuitBreakers_Thresholds,
  CircuitBreakers_ThresholdsSchema,
} from './gen/envoy/config/cluster/v3/circuit_breaker_pb.js';
export { type OutlierDetection, OutlierDetectionSchema } from './gen/envoy/config/cluster/v3/outlier_detection_pb.js';
export {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
  type ClusterLoadAssignment_Policy,
  ClusterLoadAssignment_PolicySchema,
  type ClusterLoadAssignment_Policy_DropOverload,
  ClusterLoadAssignment_Policy_DropOverloadSchema,
} from './gen/envoy/config/endpoint/v3/endpoint_pb.js';
export {
  type Endpoint,
  EndpointSchema,
  type Endpoint_HealthCheckConfig,
  Endpoint_HealthCheckConfigSchema,
  type LbEndpoint,
  LbEndpointSchema,
  type LocalityLbEndpoints,
  LocalityLbEndpointsSchema,
} from './gen/envoy/config/endpoint/v3/endpoint_components_pb.js';
export {
  type Listener,
  ListenerSchema,
  type Listener_DeprecatedV1,
  Listener_DeprecatedV1Schema,
  Listener_DrainType,
  Listener_DrainTypeSchema,
} from './gen/envoy/config/listener/v3/listener_pb.js';
export {
  type Filter,
  FilterSchema,
  type FilterChainMatch,
  FilterChainMatchSchema,
  type FilterChain,
  FilterChainSchema,
  type ListenerFilter,
  ListenerFilterSchema,
} from './gen/envoy/config/listener/v3/listener_components_pb.js';
export { type ApiListener, ApiListenerSchema } from './gen/envoy/config/listener/v3/api_listener_pb.js';
export { type AccessLog, AccessLogSchema } from './gen/envoy/config/accesslog/v3/accesslog_pb.js';
export {
  type RouteConfiguration,
  RouteConfigurationSchema,
  type Vhds,
  VhdsSchema,
} from './gen/envoy/config/route/v3/route_pb.js';
export {
  type VirtualHost,
  VirtualHostSchema,
  type Route,
  RouteSchema,
  type WeightedCluster,
  WeightedClusterSchema,
  type WeightedCluster_ClusterWeight,
  WeightedCluster_ClusterWeightSchema,
  type RouteMatch,
  RouteMatchSchema,
  type RouteAction,
  RouteActionSchema,
  type RouteAction_HashPolicy,
  RouteAction_HashPolicySchema,
  type RouteAction_HashPolicy_Header,
  RouteAction_HashPolicy_HeaderSchema,
  type RetryPolicy,
  RetryPolicySchema,
  type RedirectAction,
  RedirectActionSchema,
  type DirectResponseAction,
  DirectResponseActionSchema,
  type Decorator,
  DecoratorSchema,
  type RateLimit,
  RateLimitSchema,
  type RateLimit_Action,
  RateLimit_ActionSchema,
  type HeaderMatcher,
  HeaderMatcherSchema,
  type QueryParameterMatcher,
  QueryParameterMatcherSchema,
  VirtualHost_TlsRequirementType,
  VirtualHost_TlsRequirementTypeSchema,
  RouteAction_ClusterNotFoundResponseCode,
  RouteAction_ClusterNotFoundResponseCodeSchema,
  RedirectAction_RedirectResponseCode,
  RedirectAction_RedirectResponseCodeSchema,
} from './gen/envoy/config/route/v3/route_components_pb.js';

// Extensions, each sent inside an Any
export {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
  type HttpConnectionManager_UpgradeConfig,
  HttpConnectionManager_UpgradeConfigSchema,
  type Rds,
  RdsSchema,
  type HttpFilter,
  HttpFilterSchema,
  HttpConnectionManager_CodecType,
  HttpConnectionManager_CodecTypeSchema,
  HttpConnectionManager_ServerHeaderTransformation,
  HttpConnectionManager_ServerHeaderTransformationSchema,
  HttpConnectionManager_ForwardClientCertDetails,
  HttpConnectionManager_ForwardClientCertDetailsSchema,
} from './gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
export { type TcpProxy, TcpProxySchema } from './gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
export { type Router, RouterSchema } from './gen/envoy/extensions/filters/http/router/v3/router_pb.js';
export {
  type OnDemandCds,
  OnDemandCdsSchema,
  type OnDemand,
  OnDemandSchema,
  type PerRouteConfig,
  PerRouteConfigSchema,
} from './gen/envoy/extensions/filters/http/on_demand/v3/on_demand_pb.js';
export {
  type OriginalDst,
  OriginalDstSchema,
} from './gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js';
export {
  type HttpInspector,
  HttpInspectorSchema,
} from './gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.js';
export {
  type UpstreamTlsContext,
  UpstreamTlsContextSchema,
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
  type CommonTlsContext,
  CommonTlsContextSchema,
  type CommonTlsContext_CombinedCertificateValidationContext,
  CommonTlsContext_CombinedCertificateValidationContextSchema,
} from './gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
export {
  type TlsParameters,
  TlsParametersSchema,
  type TlsCertificate,
  TlsCertificateSchema,
  type CertificateValidationContext,
  CertificateValidationContextSchema,
} from './gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
export {
  type SdsSecretConfig,
  SdsSecretConfigSchema,
  type Secret,
  SecretSchema,
} from './gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
export {
  type HttpProtocolOptions as UpstreamsHttpProtocolOptions,
  HttpProtocolOptionsSchema as UpstreamsHttpProtocolOptionsSchema,
  type HttpProtocolOptions_ExplicitHttpConfig as UpstreamsHttpProtocolOptions_ExplicitHttpConfig,
  HttpProtocolOptions_ExplicitHttpConfigSchema as UpstreamsHttpProtocolOptions_ExplicitHttpConfigSchema,
} from './gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
