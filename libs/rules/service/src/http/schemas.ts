import { apiSchemas } from '@thuban/nest';
import { LIMITS } from '@thuban/rules-domain';
import { z } from 'zod';

/**
 * The shapes of rules. Zod checks shapes and unknown fields; limits and defaults are those of the domain's validation. What `described` says
 * of limits is for the document.
 */

const { described, integer, metadata, named, page, seq, text, time } = apiSchemas;

const NAME = '^[0-9A-Za-z\\-.:_/]+$';
const ANY_NAME = '^([0-9A-Za-z\\-.:_/]+|\\*)$';
const nameText = (maxLength: number, description: string, pattern = NAME) =>
  described(z.string(), { minLength: 1, maxLength, pattern, description });
const word = <const T extends readonly [string, ...string[]]>(words: T, description: string) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` }).meta({ description });
const listOf = <T extends z.ZodType>(item: T, minItems: number, maxItems: number, description: string) =>
  described(z.array(item), { minItems, maxItems, description });

const valueFields = {
  type: word(
    ['EXACT', 'REGEX', 'NOT_EQUALS', 'IN', 'NOT_IN', 'RANGE'],
    'EXACT when absent; IN and NOT_IN are separated by commas, RANGE is min~max, REGEX is RE2 without named groups',
  ),
  valueType: word(
    ['TEXT', 'PARAMETER', 'VARIABLE'],
    'TEXT when absent; PARAMETER: what the caller sends under that name; VARIABLE: of the environment of the caller',
  ),
  value: text(LIMITS.VALUE, '`*` is any that is there'),
};
const MatchValue = named('MatchValue', z.strictObject(valueFields));
const MatchValueInput = named(
  'MatchValueInput',
  z.strictObject(valueFields).partial({ type: true, valueType: true, value: true }),
);

const matchType = word(
  ['CUSTOM', 'METHOD', 'HEADER', 'QUERY', 'CALLER_IP', 'PATH', 'COOKIE', 'CALLER_METADATA'],
  'what of the request; CUSTOM is a label that the caller gives itself',
);
const key = text(LIMITS.KEY, 'its name; empty for METHOD, PATH and CALLER_IP');
const RequestMatch = named('RequestMatch', z.strictObject({ type: matchType, key, value: MatchValue }));
const RequestMatchInput = named(
  'RequestMatchInput',
  z.strictObject({ type: matchType.optional(), key: key.optional(), value: MatchValueInput }),
);

const sourceNamespace = nameText(
  LIMITS.NAMESPACE,
  'namespace of the caller, or *; that of the rule when absent and a service is named, else *',
  ANY_NAME,
);
const sourceService = nameText(LIMITS.SERVICE, 'service of the caller, or *; * when absent', ANY_NAME);
const RouteSource = named(
  'RouteSource',
  z.strictObject({
    namespace: sourceNamespace,
    service: sourceService,
    arguments: listOf(RequestMatch, 0, LIMITS.ARGUMENTS, 'all must hold'),
  }),
);
const RouteSourceInput = named(
  'RouteSourceInput',
  z.strictObject({
    namespace: sourceNamespace.optional(),
    service: sourceService.optional(),
    arguments: listOf(RequestMatchInput, 0, LIMITS.ARGUMENTS, 'all must hold').optional(),
  }),
);

const destinationFields = {
  namespace: nameText(
    LIMITS.NAMESPACE,
    'namespace of the service that is called, or *; that of the rule when absent',
    ANY_NAME,
  ),
  service: nameText(LIMITS.SERVICE, 'the service that is called, or *', ANY_NAME),
  name: text(LIMITS.NAME, 'of this group of instances'),
  priority: integer(LIMITS.PRIORITY, 'the lowest that has instances is used; 0 when absent'),
  weight: integer(LIMITS.WEIGHT, 'share within its priority; 100 when absent, 0 takes nothing'),
  isolated: z.boolean().meta({ description: 'takes no traffic; false when absent' }),
  transfer: text(LIMITS.SERVICE, 'another service that takes the traffic'),
};
const labels = <T extends z.ZodType>(value: T) =>
  described(z.record(z.string(), value), {
    maxProperties: 64,
    description: 'what the instances must have in their metadata; all must hold',
  });
const RouteDestination = named(
  'RouteDestination',
  z.strictObject({ ...destinationFields, labels: labels(MatchValue) }),
);
const RouteDestinationInput = named(
  'RouteDestinationInput',
  z.strictObject({ ...destinationFields, labels: labels(MatchValueInput) }).partial(),
);

const branchName = text(LIMITS.NAME, 'of this branch');
const RouteBranch = named(
  'RouteBranch',
  z.strictObject({
    name: branchName,
    sources: listOf(RouteSource, 0, LIMITS.SOURCES, 'any of them; none: everybody'),
    destinations: listOf(RouteDestination, 1, LIMITS.DESTINATIONS, 'where the traffic goes'),
  }),
);
const RouteBranchInput = named(
  'RouteBranchInput',
  z.strictObject({
    name: branchName.optional(),
    sources: listOf(RouteSourceInput, 0, LIMITS.SOURCES, 'any of them; none: everybody').optional(),
    destinations: listOf(RouteDestinationInput, 1, LIMITS.DESTINATIONS, 'where the traffic goes'),
  }),
);

const id = nameText(LIMITS.ID, 'unique; a random one when absent');
const ruleName = described(z.string(), { minLength: 1, maxLength: LIMITS.NAME, description: 'for people' });
const ruleFields = {
  namespace: nameText(LIMITS.NAMESPACE, 'where the rule is kept, and that of destinations without one'),
  name: ruleName,
  description: text(LIMITS.DESCRIPTION, 'free text'),
  enabled: z.boolean().meta({ description: 'true when absent' }),
  priority: integer(LIMITS.PRIORITY, 'the lowest is tried first, then by id; 0 when absent'),
  metadata,
};
const stamps = { seq, createdAt: time, changedAt: time };
const branchesInput = listOf(RouteBranchInput, 1, LIMITS.BRANCHES, 'in order; the first that fits decides');

export const RoutingRule = named(
  'RoutingRule',
  z.strictObject({
    id,
    ...ruleFields,
    branches: listOf(RouteBranch, 1, LIMITS.BRANCHES, 'in order; the first that fits decides'),
    ...stamps,
  }),
);
const ruleInput = z
  .strictObject({ ...ruleFields, branches: branchesInput })
  .partial({ description: true, enabled: true, priority: true, metadata: true });
export const RoutingRuleInput = named('RoutingRuleInput', ruleInput);
export const NewRoutingRule = named('NewRoutingRule', z.strictObject({ id: id.optional(), ...ruleInput.shape }));
export const RoutingRuleChanges = named('RoutingRuleChanges', ruleInput.partial());

const serviceNames = {
  namespace: nameText(LIMITS.NAMESPACE, 'namespace of the service'),
  service: nameText(LIMITS.SERVICE, 'the service'),
};
const bounds = {
  inbounds: listOf(RouteBranch, 0, LIMITS.BRANCHES, 'of calls to the service, in order'),
  outbounds: listOf(RouteBranch, 0, LIMITS.BRANCHES, 'of calls by the service, in order'),
};
export const ServiceRouting = named('ServiceRouting', z.strictObject({ ...serviceNames, ...bounds, ...stamps }));
export const ServiceRoutingInput = named(
  'ServiceRoutingInput',
  z.strictObject({
    inbounds: listOf(RouteBranchInput, 0, LIMITS.BRANCHES, 'of calls to the service, in order').optional(),
    outbounds: listOf(RouteBranchInput, 0, LIMITS.BRANCHES, 'of calls by the service, in order').optional(),
  }),
);
export const EffectiveRouting = named(
  'EffectiveRouting',
  z.strictObject({
    ...serviceNames,
    inbounds: z.array(RouteBranch).meta({ description: 'of calls to the service, in order' }),
    outbounds: z.array(RouteBranch).meta({ description: 'of calls by the service, in order' }),
    revision: z.string().meta({ description: 'what SDKs compare; absent when no rule was ever about it' }).optional(),
  }),
);

export const RoutingRulePage = named('RoutingRulePage', page(RoutingRule));
export const ServiceRoutingPage = named('ServiceRoutingPage', page(ServiceRouting));
