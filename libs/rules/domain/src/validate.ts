import { ANY } from '@thuban/events';
import type {
  MatchValue,
  RequestMatch,
  RouteBranch,
  RouteDestination,
  RouteRule,
  RouteSource,
  ServiceRouting,
} from '@thuban/events';
import type { RouteRuleChanges } from './commands.js';
import {
  checked,
  flag,
  givenOf,
  type Input,
  integer,
  invalid,
  list,
  name,
  object,
  oneOf,
  type Reader,
  type Readers,
  record,
  someText,
  text,
  type Validated,
} from './fields.js';
import { hasKey, labelOf } from './labels.js';
import { regularExpressionProblem } from './regular-expression.js';

/** The limits of rules, for validation and for the document of the API. */
export const LIMITS = {
  ID: 128,
  NAME: 64,
  NAMESPACE: 64,
  SERVICE: 128,
  DESCRIPTION: 1024,
  METADATA_VALUE: 4096,
  VALUE: 1024,
  KEY: 128,
  PRIORITY: 0xffff_ffff,
  WEIGHT: 65_535,
  BRANCHES: 64,
  SOURCES: 64,
  DESTINATIONS: 64,
  ARGUMENTS: 32,
  /** Of a whole rule as JSON in UTF-8: an event of at most 256 KiB also carries the answer to its command. */
  BYTES: 96 * 1024,
} as const;

const WEIGHT_DEFAULT = 100;
const RANGE = /^(-?\d{1,15})~(-?\d{1,15})$/;

const valueProblem = ({ type, valueType, value }: MatchValue): { at: string; problem: string } | undefined => {
  // SDKs take the empty text for "anything", which nobody means who leaves it out.
  if (value === '')
    return valueType === 'PARAMETER' ? undefined : { at: 'value', problem: 'must not be empty; * is any' };
  if (type === 'REGEX' && valueType === 'TEXT' && value !== ANY) {
    const problem = regularExpressionProblem(value);
    return problem === undefined
      ? undefined
      : { at: 'value', problem: `is no usable regular expression: it ${problem}` };
  }
  if (type !== 'RANGE' || valueType !== 'TEXT') return undefined;
  const [, from, to] = RANGE.exec(value) ?? [];
  return Number(from) <= Number(to) ? undefined : { at: 'value', problem: 'must be min~max with min at most max' };
};

const matchValue: Reader<MatchValue> = checked(
  object<MatchValue>({
    type: oneOf(['EXACT', 'REGEX', 'NOT_EQUALS', 'IN', 'NOT_IN', 'RANGE']),
    valueType: oneOf(['TEXT', 'PARAMETER', 'VARIABLE']),
    value: text(LIMITS.VALUE),
  }),
  valueProblem,
);

const requestMatch: Reader<RequestMatch> = checked(
  object<RequestMatch>({
    type: oneOf(['CUSTOM', 'METHOD', 'HEADER', 'QUERY', 'CALLER_IP', 'PATH', 'COOKIE', 'CALLER_METADATA']),
    key: text(LIMITS.KEY),
    value: matchValue,
  }),
  ({ type, key }) => {
    if (hasKey(type)) return key === '' ? { at: 'key', problem: `must not be empty for ${type}` } : undefined;
    return key === '' ? undefined : { at: 'key', problem: `must be empty for ${type}` };
  },
);

/** All must hold, and SDKs keep them by label, so that a second one of the same label would take the place of the first. */
const args: Reader<readonly RequestMatch[]> = checked(list(requestMatch, { max: LIMITS.ARGUMENTS }), (matches) => {
  const labels = matches.map(labelOf);
  const twice = labels.findIndex((label, i) => labels.indexOf(label) < i);
  return twice < 0 ? undefined : { at: `${twice}.key`, problem: `names ${labels[twice]} a second time` };
});

/** Names of a service, or `*` for any; absent ones are these. */
interface Names {
  readonly namespace: string;
  readonly service: string;
}

const place = ({ namespace, service }: Names) => ({
  namespace: name(LIMITS.NAMESPACE, { any: true, ifAbsent: namespace }),
  service: name(LIMITS.SERVICE, { any: true, ifAbsent: service }),
});

/** PolarisMesh knows no "this service of any namespace". */
const placeProblem = ({ namespace, service }: Names): { at: string; problem: string } | undefined =>
  namespace === ANY && service !== ANY ? { at: 'service', problem: 'must be * when the namespace is *' } : undefined;

const sourceIn = (absent: Names): Reader<RouteSource> =>
  checked(object<RouteSource>({ ...place(absent), arguments: args }), placeProblem);

/** From anywhere, unless it names a service: that is in this namespace when it does not say in which. */
const sourceFromAnywhere =
  (namespace: string): Reader<RouteSource> =>
  (given, path) => {
    const { service } = (given ?? {}) as Input<Names>;
    const absent = { namespace: (service ?? ANY) === ANY ? ANY : namespace, service: ANY };
    return sourceIn(absent)(given, path);
  };

const destination = (absent: Names): Reader<RouteDestination> =>
  checked(
    object<RouteDestination>({
      ...place(absent),
      name: text(LIMITS.NAME),
      labels: record(
        checked(matchValue, ({ value }) => (value === '' ? { at: 'value', problem: 'must not be empty' } : undefined)),
      ),
      priority: integer(LIMITS.PRIORITY, 0),
      weight: integer(LIMITS.WEIGHT, WEIGHT_DEFAULT),
      isolated: flag(false),
      transfer: text(LIMITS.SERVICE),
    }),
    placeProblem,
  );

const branches = (source: Reader<RouteSource>, destinationAbsent: Names, min: number): Reader<readonly RouteBranch[]> =>
  list(
    object<RouteBranch>({
      name: text(LIMITS.NAME),
      sources: list(source, { max: LIMITS.SOURCES }),
      destinations: list(destination(destinationAbsent), { min: 1, max: LIMITS.DESTINATIONS }),
    }),
    { min, max: LIMITS.BRANCHES },
  );

/** Services without a namespace are in the rule's own. */
const description = (namespace: string): Readers<Omit<RouteRule, 'id'>> => ({
  namespace: name(LIMITS.NAMESPACE),
  name: someText(LIMITS.NAME),
  description: text(LIMITS.DESCRIPTION),
  enabled: flag(true),
  priority: integer(LIMITS.PRIORITY, 0),
  metadata: record(text(LIMITS.METADATA_VALUE)),
  branches: branches(sourceFromAnywhere(namespace), { namespace, service: '' }, 1),
});

const namespaceOf = ({ namespace }: Input<{ namespace: string }>): string =>
  typeof namespace === 'string' ? namespace : '';

const utf8 = new TextEncoder();

const ofBoundedSize = <T extends object>(read: Validated<T>): Validated<T> => {
  if (!read.ok) return read;
  const bytes = utf8.encode(JSON.stringify(read.value)).length;
  return bytes <= LIMITS.BYTES ? read : invalid('', `must have at most ${LIMITS.BYTES} bytes as JSON, it has ${bytes}`);
};

/**
 * A rule with every default filled in: enabled, priority 0, sources from anywhere, services that are named in the namespace of the rule, weight 100,
 * comparisons EXACT with TEXT.
 */
export const validateRouteRule = (input: Input<RouteRule>): Validated<RouteRule> =>
  ofBoundedSize(object<RouteRule>({ id: name(LIMITS.ID), ...description(namespaceOf(input)) })(input, ''));

/** Fields that are not given stay as they are; services in new branches name their namespace, unless the rule's is given too. */
export const validateRouteRuleChanges = (input: Input<Omit<RouteRule, 'id'>>): Validated<RouteRuleChanges> =>
  ofBoundedSize(givenOf(description(namespaceOf(input)))(input, ''));

/**
 * The routing of a service in Polaris's first form. What comes in is from anywhere to this service unless it says otherwise; what goes out is
 * from this service, to a service that must be named.
 */
export const validateServiceRouting = (input: Input<ServiceRouting>): Validated<ServiceRouting> => {
  const own = object<Names>({ namespace: name(LIMITS.NAMESPACE), service: name(LIMITS.SERVICE) })(input, '');
  if (!own.ok) return own;
  const { namespace } = own.value;
  return ofBoundedSize(
    object<ServiceRouting>({
      namespace: name(LIMITS.NAMESPACE),
      service: name(LIMITS.SERVICE),
      inbounds: branches(sourceFromAnywhere(namespace), own.value, 0),
      outbounds: branches(sourceIn(own.value), { namespace, service: '' }, 0),
    })(input, ''),
  );
};
