import type { MessageInitShape } from '@bufbuild/protobuf';
import type { MatchValue, RouteBranch, RouteDestination, RouteSource, ServiceRouting } from '@thuban/events';
import { polaris } from '@thuban/proto';
import { labelOf } from '@thuban/rules-domain';

const matchString = ({ type, valueType, value }: MatchValue): MessageInitShape<typeof polaris.MatchStringSchema> => ({
  type: polaris.MatchString_MatchStringType[type],
  valueType: polaris.MatchString_ValueType[valueType],
  value,
});

/** What a request carries is a label of its caller in the first form. */
const sourceMessage = (source: RouteSource): MessageInitShape<typeof polaris.SourceSchema> => ({
  namespace: source.namespace,
  service: source.service,
  metadata: Object.fromEntries(source.arguments.map((match) => [labelOf(match), matchString(match.value)])),
});

/** Every field is there, also with its default: SDKs read an absent weight as 0. */
const destinationMessage = (destination: RouteDestination): MessageInitShape<typeof polaris.DestinationSchema> => ({
  namespace: destination.namespace,
  service: destination.service,
  name: destination.name,
  metadata: Object.fromEntries(Object.entries(destination.labels).map(([key, value]) => [key, matchString(value)])),
  priority: destination.priority,
  weight: destination.weight,
  transfer: destination.transfer,
  isolate: destination.isolated,
});

const routeMessage = ({ sources, destinations }: RouteBranch): MessageInitShape<typeof polaris.RouteSchema> => ({
  sources: sources.map(sourceMessage),
  destinations: destinations.map(destinationMessage),
});

/** The routing of a service as v1.Routing. `rules` stays empty: no SDK reads it. */
export const routingMessage = (
  { namespace, service, inbounds, outbounds }: ServiceRouting,
  revision: string,
): MessageInitShape<typeof polaris.RoutingSchema> => ({
  namespace,
  service,
  inbounds: inbounds.map(routeMessage),
  outbounds: outbounds.map(routeMessage),
  revision,
});
