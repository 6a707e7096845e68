import { apiSchemas } from '@thuban/nest';
import { z } from 'zod';

/**
 * The shapes of `/v1`. Zod checks shapes and unknown fields; limits are those of the registry's own validation, which SDKs meet too.
 * What `described` says of limits is for the document, and a test holds it to that validation.
 */

const { count, described, integer, metadata, named, page, seq, text, time } = apiSchemas;

const NAME_PATTERN = '^[0-9A-Za-z\\-.:_/]+$';
const nameText = (maxLength: number, description: string) =>
  described(z.string(), { minLength: 1, maxLength, pattern: NAME_PATTERN, description });

const comment = text(1024, 'free text');
const owners = text(1024, 'who is responsible, separated by commas');
const namespaceDescription = { comment, owners, metadata };

export const Namespace = named(
  'Namespace',
  z.strictObject({
    name: nameText(64, 'unique'),
    ...namespaceDescription,
    services: count,
    aliases: count,
    implied: described(z.boolean(), { description: 'nobody created it, but services in it exist' }),
    createdAt: time.optional(),
    changedAt: time.optional(),
  }),
);
export const NamespaceInput = named(
  'NamespaceInput',
  z
    .strictObject({ name: nameText(64, 'unique'), ...namespaceDescription })
    .partial({ comment: true, owners: true, metadata: true }),
);
export const NamespaceChanges = named('NamespaceChanges', z.strictObject(namespaceDescription).partial());

const serviceDescription = {
  metadata,
  ports: text(8192, 'ports, separated by commas'),
  business: text(64, 'business line'),
  department: text(1024, 'department'),
  comment,
  owners,
};

export const Service = named(
  'Service',
  z.strictObject({
    namespace: nameText(64, 'its namespace'),
    name: nameText(128, 'unique in its namespace, among services and aliases'),
    ...serviceDescription,
    instances: count,
    aliases: count,
    implied: described(z.boolean(), { description: 'nobody described it, but instances of it exist' }),
    seq,
    createdAt: time,
    changedAt: time,
  }),
);
export const ServiceInput = named(
  'ServiceInput',
  z.strictObject({
    ...z.strictObject(serviceDescription).partial().shape,
    name: nameText(128, 'unique in its namespace'),
  }),
);
export const ServiceChanges = named('ServiceChanges', z.strictObject(serviceDescription).partial());

const aliasFields = {
  name: nameText(128, 'unique in its namespace, among services and aliases'),
  targetService: nameText(128, 'the service it stands for'),
};

export const Alias = named(
  'Alias',
  z.strictObject({
    namespace: nameText(64, 'its namespace'),
    ...aliasFields,
    targetNamespace: nameText(64, 'namespace of that service'),
    comment,
    owners,
    seq,
    createdAt: time,
  }),
);
export const AliasInput = named(
  'AliasInput',
  z.strictObject({
    ...aliasFields,
    targetNamespace: nameText(64, 'namespace of that service; the same when absent').optional(),
    comment: comment.optional(),
    owners: owners.optional(),
  }),
);

const locationPart = text(128, 'a place');
const location = z.strictObject({ region: locationPart, zone: locationPart, campus: locationPart });
const healthCheck = described(
  z.strictObject({
    ttlSeconds: z.number().int().min(1).max(60).meta({ description: 'a heartbeat is expected this often' }),
  }),
  { description: 'absent: nobody checks it' },
);
const instanceTuple = {
  host: described(z.string(), { minLength: 1, maxLength: 128, description: 'address or host name' }),
  port: integer(65_535, 'where it listens'),
  vpcId: text(128, 'network it is in'),
};
const instanceDescription = {
  protocol: text(32, 'what it speaks'),
  version: text(32, 'its version'),
  logicSet: text(128, 'logic set'),
  priority: integer(0xffff_ffff, '0 when absent'),
  weight: integer(65_535, 'share of the traffic; 100 when absent, 0 takes none'),
  healthy: described(z.boolean(), { description: 'true when absent' }),
  isolated: described(z.boolean(), { description: 'taken out by an operator; false when absent' }),
  metadata,
};

export const Instance = named(
  'Instance',
  z.strictObject({
    id: text(128, 'unique in its service'),
    namespace: nameText(64, 'its namespace'),
    service: nameText(128, 'its service'),
    ...instanceTuple,
    ...instanceDescription,
    location,
    healthCheck: healthCheck.optional(),
    incarnation: described(z.number(), { type: 'integer', minimum: 1, description: 'seq of its registration' }),
    seq,
    registeredAt: time,
    changedAt: time,
  }),
);
const instanceOptional = {
  ...z.strictObject(instanceDescription).partial().shape,
  location: location.partial().optional(),
};
export const InstanceInput = named(
  'InstanceInput',
  z.strictObject({
    id: text(128, 'made of namespace, service, vpcId, host and port when absent').optional(),
    ...instanceTuple,
    vpcId: instanceTuple.vpcId.optional(),
    ...instanceOptional,
    healthCheck: healthCheck.optional(),
  }),
);
export const InstanceChanges = named('InstanceChanges', z.strictObject(instanceOptional));

export const NamespacePage = named('NamespacePage', page(Namespace));
export const ServicePage = named('ServicePage', page(Service));
export const AliasPage = named('AliasPage', page(Alias));
export const InstancePage = named('InstancePage', page(Instance));
