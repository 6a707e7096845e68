import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Instance, Service } from '@thuban/events';
import type { polaris } from '@thuban/proto';
import type { Input, ServiceEntry } from '@thuban/registry-domain';
import { localTime } from './local-time.js';

/** What a client sent as an instance, as the domain's validation reads it. Unset wrappers stay absent. */
export const instanceInput = (message: polaris.Instance): Input<Instance> => ({
  id: message.id,
  namespace: message.namespace,
  service: message.service,
  vpcId: message.vpcId,
  host: message.host,
  port: message.port,
  protocol: message.protocol,
  version: message.version,
  logicSet: message.logicSet,
  priority: message.priority,
  weight: message.weight,
  healthy: message.healthy,
  isolated: message.isolate,
  location: message.location,
  metadata: message.metadata,
  healthCheck: healthCheckOf(message),
});

const healthCheckOf = ({ healthCheck, enableHealthCheck }: polaris.Instance): object | undefined => {
  if (!healthCheck?.heartbeat || enableHealthCheck === false) return undefined;
  return { ttlSeconds: healthCheck.heartbeat.ttl };
};

/** A service as Discover shows it, under the names that were asked for. */
export const serviceMessage = (
  { service, createdAtMs, changedAtMs }: ServiceEntry,
  asked: { readonly namespace?: string; readonly name?: string },
  revision: string,
): MessageInitShape<typeof polaris.ServiceSchema> => ({
  ...asked,
  metadata: { ...service.metadata },
  ports: service.ports,
  business: service.business,
  department: service.department,
  comment: service.comment,
  owners: service.owners,
  ctime: localTime(createdAtMs),
  mtime: localTime(changedAtMs),
  revision,
});

/** A service in a list of services: what a client needs to choose one. */
export const listedService = (service: Service): MessageInitShape<typeof polaris.ServiceSchema> => ({
  namespace: service.namespace,
  name: service.name,
  metadata: { ...service.metadata },
  business: service.business,
});
