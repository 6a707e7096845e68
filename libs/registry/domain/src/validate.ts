import type { Alias, HealthCheck, Instance, Location, Namespace, Service } from '@thuban/events';
import type { Changes } from './commands.js';
import {
  type Field,
  type Fields,
  flag,
  host,
  type Input,
  integer,
  metadata,
  name,
  POLARIS_CODE as CODE,
  readAll,
  readGiven,
  text,
  type Validated,
} from './fields.js';
import { instanceId } from './instance-id.js';

const PORT_MAX = 65_535;
const WEIGHT_MAX = 65_535;
const PRIORITY_MAX = 0xffff_ffff;
const TTL_SECONDS_DEFAULT = 5;
const TTL_SECONDS_MAX = 60;

const NAMESPACE_DESCRIPTION = {
  comment: text(CODE.INVALID_PARAMETER, 1024),
  owners: text(CODE.NAMESPACE_OWNERS, 1024),
  metadata: metadata(CODE.INVALID_PARAMETER),
};
const NAMESPACE: Fields<Namespace> = { name: name(CODE.NAMESPACE_NAME, 64), ...NAMESPACE_DESCRIPTION };

const SERVICE_DESCRIPTION = {
  metadata: metadata(CODE.SERVICE_METADATA),
  ports: text(CODE.SERVICE_PORTS, 8192),
  business: text(CODE.SERVICE_BUSINESS, 64),
  department: text(CODE.SERVICE_DEPARTMENT, 1024),
  comment: text(CODE.SERVICE_COMMENT, 1024),
  owners: text(CODE.SERVICE_OWNERS, 1024),
};
const SERVICE: Fields<Service> = {
  namespace: name(CODE.NAMESPACE_NAME, 64),
  name: name(CODE.SERVICE_NAME, 128),
  ...SERVICE_DESCRIPTION,
};

const ALIAS: Fields<Alias> = {
  namespace: name(CODE.ALIAS_NAMESPACE, 64),
  name: name(CODE.ALIAS_NAME, 128),
  targetNamespace: name(CODE.NAMESPACE_NAME, 64),
  targetService: name(CODE.SERVICE_NAME, 128),
  comment: text(CODE.ALIAS_COMMENT, 1024),
  owners: text(CODE.ALIAS_OWNERS, 1024),
};

const LOCATION_PARTS: Fields<Location> = {
  region: text(CODE.INVALID_PARAMETER, 128),
  zone: text(CODE.INVALID_PARAMETER, 128),
  campus: text(CODE.INVALID_PARAMETER, 128),
};

const location: Field<Location> = {
  polarisCode: CODE.INVALID_PARAMETER,
  read: (given) => {
    const value = given ?? {};
    if (typeof value !== 'object') return { problem: 'must be an object' };
    const read = readAll(LOCATION_PARTS, value as Input<Location>);
    return read.ok ? { value: read.value } : { problem: `is wrong: ${read.message}` };
  },
};

/** A TTL that is no whole number of seconds from 1 to 60 is 5, as in PolarisMesh. */
const healthCheck: Field<HealthCheck | undefined> = {
  polarisCode: CODE.INVALID_PARAMETER,
  read: (given) => {
    if (given === undefined || given === null) return { value: undefined };
    if (typeof given !== 'object') return { problem: 'must be an object' };
    const ttl = 'ttlSeconds' in given ? Number(given.ttlSeconds) : TTL_SECONDS_DEFAULT;
    const valid = Number.isInteger(ttl) && ttl >= 1 && ttl <= TTL_SECONDS_MAX;
    return { value: { ttlSeconds: valid ? ttl : TTL_SECONDS_DEFAULT } };
  },
};

const INSTANCE_TUPLE = {
  id: text(CODE.INSTANCE_ID, 128),
  namespace: name(CODE.NAMESPACE_NAME, 64),
  service: name(CODE.SERVICE_NAME, 128),
  vpcId: text(CODE.INVALID_PARAMETER, 128),
  host: host(CODE.INSTANCE_HOST, 128),
  port: integer(CODE.INSTANCE_PORT, PORT_MAX),
};
/** An instance that is named by its id needs no host and no port. */
const NAMED_INSTANCE: typeof INSTANCE_TUPLE = {
  ...INSTANCE_TUPLE,
  host: text(CODE.INSTANCE_HOST, 128, { trimmed: true }),
  port: integer(CODE.INSTANCE_PORT, PORT_MAX, 0),
};
const INSTANCE_DESCRIPTION = {
  protocol: text(CODE.INSTANCE_PROTOCOL, 32),
  version: text(CODE.INSTANCE_VERSION, 32),
  logicSet: text(CODE.INSTANCE_LOGIC_SET, 128),
  priority: integer(CODE.INVALID_PARAMETER, PRIORITY_MAX, 0),
  weight: integer(CODE.INVALID_PARAMETER, WEIGHT_MAX, 100),
  healthy: flag(CODE.INVALID_PARAMETER, true),
  isolated: flag(CODE.INSTANCE_ISOLATED, false),
  location,
  metadata: metadata(CODE.INSTANCE_METADATA),
};
const INSTANCE: Fields<Instance> = { ...INSTANCE_TUPLE, ...INSTANCE_DESCRIPTION, healthCheck };

/** The limits of polaris-server for a namespace: name ≤ 64 of `[0-9A-Za-z-.:_/]`. */
export const validateNamespace = (input: Input<Namespace>): Validated<Namespace> => readAll(NAMESPACE, input);

/** Fields that are not given stay as they are. */
export const validateNamespaceChanges = (
  input: Input<Namespace>,
): Validated<Changes<Namespace, 'comment' | 'owners' | 'metadata'>> => readGiven(NAMESPACE_DESCRIPTION, input);

/** A service: name ≤ 128 of `[0-9A-Za-z-.:_/]`, metadata ≤ 64 pairs. */
export const validateService = (input: Input<Service>): Validated<Service> => readAll(SERVICE, input);

/** Fields that are not given stay as they are. */
export const validateServiceChanges = (
  input: Input<Service>,
): Validated<Changes<Service, 'metadata' | 'ports' | 'business' | 'department' | 'comment' | 'owners'>> =>
  readGiven(SERVICE_DESCRIPTION, input);

/** An alias: both names as those of services. */
export const validateAlias = (input: Input<Alias>): Validated<Alias> => readAll(ALIAS, input);

/**
 * An instance with every default filled in: weight 100, priority 0, healthy, not isolated, an id made of its tuple if it brings none.
 * `healthCheck` is `{ ttlSeconds }` or absent.
 */
export const validateInstance = (input: Input<Instance>): Validated<Instance> => {
  const read = readAll(INSTANCE, input);
  if (!read.ok || read.value.id !== '') return read;
  return { ok: true, value: { ...read.value, id: instanceId(read.value) } };
};

/** Fields that are not given stay as they are. */
export const validateInstanceChanges = (
  input: Input<Instance>,
): Validated<Changes<Instance, keyof typeof INSTANCE_DESCRIPTION>> => readGiven(INSTANCE_DESCRIPTION, input);

/** Where an instance is meant to be: `id` alone when the client did not name its service. */
export type InstanceAddress =
  | { readonly id: string; readonly host: string; readonly port: number }
  | {
      readonly id: string;
      readonly namespace: string;
      readonly service: string;
      readonly host: string;
      readonly port: number;
    };

/**
 * What names an instance in a deregistration or a heartbeat: an id alone, an id with its namespace and service, or the tuple that makes
 * the id. Host and port are as the client gave them ("" and 0 when it did not). Is an InstanceRef.
 */
export const validateInstanceAddress = (input: Input<Instance>): Validated<InstanceAddress> => {
  const id = INSTANCE_TUPLE.id.read(input.id);
  if ('problem' in id) return { ok: false, field: 'id', message: `id ${id.problem}`, polarisCode: CODE.INSTANCE_ID };
  const named = id.value !== '';
  if (named && !(input.namespace && input.service)) return { ok: true, value: { id: id.value, host: '', port: 0 } };
  const read = readAll(named ? NAMED_INSTANCE : INSTANCE_TUPLE, input);
  if (!read.ok) return read;
  const { namespace, service, host, port } = read.value;
  return { ok: true, value: { id: named ? id.value : instanceId(read.value), namespace, service, host, port } };
};

const CLIENT_HOST = { host: host(CODE.INSTANCE_HOST, 128) };

/** The host that a client reports for itself. */
export const validateClientHost = (input: unknown): Validated<string> => {
  const read = readAll<{ host: string }>(CLIENT_HOST, { host: input });
  return read.ok ? { ok: true, value: read.value.host } : read;
};
