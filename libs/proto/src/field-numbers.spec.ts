import { type DescEnum, type DescMessage } from '@bufbuild/protobuf';
import * as envoy from './envoy.js';
import * as polaris from './polaris.js';

const numbersOf = (message: DescMessage): string =>
  message.fields.map(({ name, number }) => `${name} ${number}`).join(', ');
const valuesOf = (desc: DescEnum): string => desc.values.map(({ name, number }) => `${name} ${number}`).join(', ');

describe('every field of the messages that SDKs and proxies read', () => {
  it.each<[DescMessage, string]>([
    [
      polaris.InstanceSchema,
      'id 1, service 2, namespace 3, host 4, port 5, protocol 6, version 7, priority 8, weight 9, health_check 10, ' +
        'healthy 11, isolate 12, location 13, metadata 14, logic_set 15, ctime 16, mtime 17, revision 18, ' +
        'service_token 19, enable_health_check 20, vpc_id 21',
    ],
    [
      polaris.ServiceSchema,
      'name 1, namespace 2, metadata 3, ports 4, business 5, department 6, cmdb_mod1 7, cmdb_mod2 8, cmdb_mod3 9, ' +
        'comment 10, owners 11, token 12, ctime 13, mtime 14, revision 15, platform_id 16, total_instance_count 17, ' +
        'healthy_instance_count 18, user_ids 19, group_ids 20, id 21, remove_user_ids 22, remove_group_ids 23, ' +
        'editable 24, export_to 25, isolate_instance_count 27, service_status 28, deleteable 100',
    ],
    [polaris.DiscoverRequestSchema, 'type 1, service 2, Filter 30, Direction 31'],
    [
      polaris.DiscoverResponseSchema,
      'code 1, info 2, type 3, service 4, instances 5, routing 6, rateLimit 7, circuitBreaker 8, services 9, ' +
        'namespaces 10, faultDetector 11, aliasFor 21, lanes 22, customRouteRules 23, nearbyRouteRules 24, ' +
        'lossless 25, blockAllowListRule 26, trafficMirroring 27, faultInjection 28, Direction 29, losslessRuleList 100',
    ],
    [
      polaris.ResponseSchema,
      'code 1, info 2, client 3, namespace 4, service 5, instance 6, routing 7, alias 8, rateLimit 9, ' +
        'circuitBreaker 10, configRelease 11, data 29',
    ],
    [polaris.LocationSchema, 'region 1, zone 2, campus 3'],
    [polaris.ClientSchema, 'host 1, type 2, version 3, location 4, id 5, stat 6, ctime 7, mtime 8, config_enabled 100'],
    [
      envoy.DeltaDiscoveryRequestSchema,
      'node 1, type_url 2, resource_names_subscribe 3, resource_names_unsubscribe 4, resource_locators_subscribe 8, ' +
        'resource_locators_unsubscribe 9, initial_resource_versions 5, response_nonce 6, error_detail 7',
    ],
  ])('%s', (message, numbers) => {
    expect(numbersOf(message)).toBe(numbers);
  });

  it('requests and responses of Discover number their types alike', () => {
    const types =
      'UNKNOWN 0, INSTANCE 1, CLUSTER 2, ROUTING 3, RATE_LIMIT 4, CIRCUIT_BREAKER 5, SERVICES 6, NAMESPACES 12, ' +
      'FAULT_DETECTOR 13, LANE 100, CUSTOM_ROUTE_RULE 101, NEARBY_ROUTE_RULE 102, LOSSLESS 103, BLOCK_ALLOW_RULE 104, ' +
      'TRAFFIC_MIRRORING 105, FAULT_INJECTION 106';
    expect(valuesOf(polaris.DiscoverRequest_DiscoverRequestTypeSchema)).toBe(types);
    expect(valuesOf(polaris.DiscoverResponse_DiscoverResponseTypeSchema)).toBe(types);
  });

  it.each<[string, DescMessage]>([
    ['v1.Instance', polaris.InstanceSchema],
    ['envoy.config.cluster.v3.Cluster', envoy.ClusterSchema],
    ['envoy.config.endpoint.v3.ClusterLoadAssignment', envoy.ClusterLoadAssignmentSchema],
    ['envoy.config.listener.v3.Listener', envoy.ListenerSchema],
    ['envoy.config.route.v3.RouteConfiguration', envoy.RouteConfigurationSchema],
    ['envoy.extensions.upstreams.http.v3.HttpProtocolOptions', envoy.UpstreamsHttpProtocolOptionsSchema],
    ['google.rpc.Status', envoy.StatusSchema],
  ])('%s is the type behind its URL', (typeName, message) => {
    expect(message.typeName).toBe(typeName);
  });
});
