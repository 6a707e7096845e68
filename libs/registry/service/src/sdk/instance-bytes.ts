import type { HealthCheck, Instance, Location } from '@thuban/events';
import { polaris } from '@thuban/proto';
import type { InstanceEntry } from '@thuban/registry-domain';
import { BackwardWriter } from './backward-writer.js';
import { localTime } from './local-time.js';
import { shortHash } from './revision.js';

/** Field numbers, in DiscoverResponse and in the messages below it. */
const RESPONSE = { INSTANCES: 5 } as const;
const INSTANCE = {
  ID: 1,
  SERVICE: 2,
  NAMESPACE: 3,
  HOST: 4,
  PORT: 5,
  PROTOCOL: 6,
  VERSION: 7,
  PRIORITY: 8,
  WEIGHT: 9,
  HEALTH_CHECK: 10,
  HEALTHY: 11,
  ISOLATE: 12,
  LOCATION: 13,
  METADATA: 14,
  LOGIC_SET: 15,
  CTIME: 16,
  MTIME: 17,
  REVISION: 18,
  ENABLE_HEALTH_CHECK: 20,
  VPC_ID: 21,
} as const;
const LOCATION = { REGION: 1, ZONE: 2, CAMPUS: 3 } as const;
const HEALTH_CHECK = { HEARTBEAT: 2 } as const;
const HEALTH_CHECK_TYPE = 0x08; // field 1, an enum
const HEARTBEAT = { TTL: 1 } as const;
const PAIR = { KEY: 1, VALUE: 2 } as const;

const writer = new BackwardWriter();

const putHealthCheck = ({ ttlSeconds }: HealthCheck): void => {
  const before = writer.length;
  const inHeartbeat = writer.length;
  writer.wrappedNumber(HEARTBEAT.TTL, ttlSeconds);
  writer.message(HEALTH_CHECK.HEARTBEAT, inHeartbeat);
  writer.varint(polaris.HealthCheck_HealthCheckType.HEARTBEAT);
  writer.varint(HEALTH_CHECK_TYPE);
  writer.message(INSTANCE.HEALTH_CHECK, before);
};

const putLocation = ({ region, zone, campus }: Location): void => {
  const before = writer.length;
  writer.wrappedText(LOCATION.CAMPUS, campus);
  writer.wrappedText(LOCATION.ZONE, zone);
  writer.wrappedText(LOCATION.REGION, region);
  writer.message(INSTANCE.LOCATION, before);
};

const putPair = (key: string, value: string): void => {
  const before = writer.length;
  writer.text(PAIR.VALUE, value);
  writer.text(PAIR.KEY, key);
  writer.message(INSTANCE.METADATA, before);
};

/** SDKs look for these attributes in the metadata; the fields of the instance win over what it wrote there itself. */
const putMetadata = ({ metadata, protocol, version, location }: Instance): void => {
  const { region, zone, campus } = location;
  const shown: Record<string, string> = { protocol, version, region, zone, campus };
  for (const key in shown) if (shown[key]) putPair(key, shown[key]);
  for (const [key, value] of Object.entries(metadata))
    if (!(Object.hasOwn(shown, key) && shown[key])) putPair(key, value);
};

/**
 * An instance as Discover shows it, encoded as part of a DiscoverResponse: its tag, its length and itself. Every scalar is set, because
 * SDKs read an absent one as 0 or false.
 */
export const instanceBytes = (logId: string, entry: InstanceEntry): Buffer => {
  const { instance, seq, registeredAtMs, changedAtMs } = entry;
  const { id, namespace, service, healthCheck } = instance;
  if (instance.vpcId !== '') writer.wrappedText(INSTANCE.VPC_ID, instance.vpcId);
  writer.wrappedFlag(INSTANCE.ENABLE_HEALTH_CHECK, healthCheck !== undefined);
  writer.wrappedText(INSTANCE.REVISION, shortHash(logId, namespace, service, id, seq));
  writer.wrappedText(INSTANCE.MTIME, localTime(changedAtMs));
  writer.wrappedText(INSTANCE.CTIME, localTime(registeredAtMs));
  writer.wrappedText(INSTANCE.LOGIC_SET, instance.logicSet);
  putMetadata(instance);
  putLocation(instance.location);
  writer.wrappedFlag(INSTANCE.ISOLATE, instance.isolated);
  writer.wrappedFlag(INSTANCE.HEALTHY, instance.healthy);
  if (healthCheck) putHealthCheck(healthCheck);
  writer.wrappedNumber(INSTANCE.WEIGHT, instance.weight);
  writer.wrappedNumber(INSTANCE.PRIORITY, instance.priority);
  writer.wrappedText(INSTANCE.VERSION, instance.version);
  writer.wrappedText(INSTANCE.PROTOCOL, instance.protocol);
  writer.wrappedNumber(INSTANCE.PORT, instance.port);
  writer.wrappedText(INSTANCE.HOST, instance.host);
  writer.wrappedText(INSTANCE.NAMESPACE, namespace);
  writer.wrappedText(INSTANCE.SERVICE, service);
  writer.wrappedText(INSTANCE.ID, id);
  writer.message(RESPONSE.INSTANCES, 0);
  return writer.take();
};
