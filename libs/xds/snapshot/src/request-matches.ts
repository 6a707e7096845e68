import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { RequestMatch } from '@thuban/events';
import { envoy } from '@thuban/proto';
import { readExpression } from './regular-expression.js';
import { type Comparison, read, type Read, readComparison, unreadable } from './string-match.js';

type Header = MessageInitShape<typeof envoy.HeaderMatcherSchema>;
type Query = MessageInitShape<typeof envoy.QueryParameterMatcherSchema>;
type Path = NonNullable<MessageInitShape<typeof envoy.RouteMatchSchema>['pathSpecifier']>;

/** What one RouteMatch asks for; all of it must hold. Without anything it takes every request. */
interface Condition {
  readonly path?: Path;
  readonly headers?: readonly Header[];
  readonly query?: readonly Query[];
}
/** Alternatives: one route each. */
type Conditions = readonly Condition[];

/** How many routes the arguments of one source may become: each IN multiplies them. */
const ALTERNATIVES_MAX = 256;

/** Envoy refuses larger programs unless the expression itself says otherwise; the field is deprecated, so it is used for those only. */
const PROGRAM_SIZE_DEFAULT = 80;
const PROGRAM_SIZE_RAISED = 100_000;

/** A header name that Envoy takes; another one would cost the whole route configuration. */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const QUERY_NAME_BYTES_MAX = 1024;

const regex = (text: string): MessageInitShape<typeof envoy.RegexMatcherSchema> => {
  const result = readExpression(text);
  const large = !result.ok || result.expression.programSize > PROGRAM_SIZE_DEFAULT;
  if (!large) return { regex: text };
  return { regex: text, engineType: { case: 'googleRe2', value: { maxProgramSize: PROGRAM_SIZE_RAISED } } };
};

const exact = (value: string) => ({ matchPattern: { case: 'exact', value } }) as const;
const expression = (text: string) => ({ matchPattern: { case: 'safeRegex', value: regex(text) } }) as const;

/** The text as an expression that means itself. */
const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&');
const anyOf = (values: readonly string[]): string => `(?:${values.map(literal).join('|')})`;

type StringMatch = ReturnType<typeof exact> | ReturnType<typeof expression>;
const headerIs = (name: string, value: StringMatch): Header => ({
  name,
  headerMatchSpecifier: { case: 'stringMatch', value },
});
const present = (name: string): Header => ({ name, headerMatchSpecifier: { case: 'presentMatch', value: true } });
const inverted = (header: Header): Header => ({ ...header, invertMatch: true });

const oneHeader = (header: Header): Conditions => [{ headers: [header] }];

/** A header of the request, `:method` among them. Absent ones pass nothing, as in SDKs, NOT_EQUALS and NOT_IN included. */
const header = (name: string, comparison: Comparison): Conditions => {
  const isExactly = (value: string) => headerIs(name, exact(value));
  switch (comparison.type) {
    case 'ANY':
      return oneHeader(present(name));
    case 'EXACT':
      return oneHeader(isExactly(comparison.value));
    case 'NOT_EQUALS':
      return [{ headers: [present(name), inverted(isExactly(comparison.value))] }];
    case 'IN':
      return comparison.values.flatMap((value) => oneHeader(isExactly(value)));
    case 'NOT_IN':
      return [{ headers: [present(name), ...comparison.values.map((value) => inverted(isExactly(value)))] }];
    case 'REGEX':
      return oneHeader(headerIs(name, expression(comparison.text)));
    case 'RANGE':
      return oneHeader({
        name,
        // Envoy's end is the first that is out.
        headerMatchSpecifier: {
          case: 'rangeMatch',
          value: { start: BigInt(comparison.from), end: BigInt(comparison.to) + 1n },
        },
      });
  }
};

const otherPath = (values: readonly string[]): Conditions => [
  { headers: values.map((value) => inverted(headerIs(':path', expression(`${literal(value)}(?:\\?.*)?`)))) },
];

const path = (comparison: Comparison): Read<Conditions> => {
  const is = (value: string): Condition => ({ path: { case: 'path', value } });
  switch (comparison.type) {
    case 'ANY':
      return read([{}]);
    case 'EXACT':
      return read([is(comparison.value)]);
    case 'IN':
      return read(comparison.values.map(is));
    case 'REGEX':
      return read([{ path: { case: 'safeRegex', value: create(envoy.RegexMatcherSchema, regex(comparison.text)) } }]);
    case 'NOT_EQUALS':
      return read(otherPath([comparison.value]));
    case 'NOT_IN':
      return read(otherPath(comparison.values));
    case 'RANGE':
      return unreadable('is compared as a RANGE, and a path is no number');
  }
};

/** Envoy can ask what a parameter is, not what it is not. */
const query = (name: string, comparison: Comparison): Read<Conditions> => {
  const is = (value: StringMatch): Condition => ({
    query: [{ name, queryParameterMatchSpecifier: { case: 'stringMatch', value } }],
  });
  switch (comparison.type) {
    case 'ANY':
      return read([{ query: [{ name, queryParameterMatchSpecifier: { case: 'presentMatch', value: true } }] }]);
    case 'EXACT':
      return read([is(exact(comparison.value))]);
    case 'IN':
      return read(comparison.values.map((value) => is(exact(value))));
    case 'REGEX':
      return read([is(expression(comparison.text))]);
    case 'NOT_EQUALS':
    case 'NOT_IN':
    case 'RANGE':
      return unreadable(`is compared by ${comparison.type}, which Envoy cannot do with query parameters`);
  }
};

/** A cookie is a part of the header `cookie`. */
const cookie = (name: string, comparison: Comparison): Read<Conditions> => {
  const is = (value: string): Header => headerIs('cookie', expression(`(?:.*; ?)?${literal(name)}=${value}(?:;.*)?`));
  const isThere = is('.*');
  switch (comparison.type) {
    case 'ANY':
      return read(oneHeader(isThere));
    case 'EXACT':
      return read(oneHeader(is(literal(comparison.value))));
    case 'IN':
      return read(oneHeader(is(anyOf(comparison.values))));
    case 'REGEX':
      return read(oneHeader(is(`(?:${comparison.text})`)));
    case 'NOT_EQUALS':
      return read([{ headers: [isThere, inverted(is(literal(comparison.value)))] }]);
    case 'NOT_IN':
      return read([{ headers: [isThere, inverted(is(anyOf(comparison.values)))] }]);
    case 'RANGE':
      return unreadable('is compared as a RANGE, which Envoy cannot do with cookies');
  }
};

const conditionsOf = (type: RequestMatch['type'], key: string, comparison: Comparison): Read<Conditions> => {
  switch (type) {
    case 'HEADER':
      if (!HEADER_NAME.test(key)) return unreadable('is no name of a header');
      return read(header(key.toLowerCase(), comparison));
    case 'METHOD':
      if (comparison.type === 'RANGE') return unreadable('is compared as a RANGE, and a method is no number');
      return read(header(':method', comparison));
    case 'PATH':
      return path(comparison);
    case 'QUERY':
      if (Buffer.byteLength(key) > QUERY_NAME_BYTES_MAX) return unreadable('is too long a name');
      return query(key, comparison);
    case 'COOKIE':
      return cookie(key, comparison);
    case 'CALLER_IP':
      return unreadable('cannot be told apart by a proxy, which serves one caller');
    case 'CALLER_METADATA':
      return unreadable('is what only an SDK inside the caller knows');
    case 'CUSTOM':
      return unreadable('is a label that only an SDK inside the caller knows');
  }
};

const both = (a: Condition, b: Condition): Condition => ({
  ...((a.path ?? b.path) && { path: (a.path ?? b.path)! }),
  headers: [...(a.headers ?? []), ...(b.headers ?? [])],
  query: [...(a.query ?? []), ...(b.query ?? [])],
});

const ANY_PATH: Path = { case: 'prefix', value: '/' };

/** A RouteMatch; `any` when it takes every request. */
export interface MatchedRequests {
  readonly match: envoy.RouteMatch;
  readonly any: boolean;
}

const matchOf = ({ path, headers = [], query = [] }: Condition): MatchedRequests => ({
  match: create(envoy.RouteMatchSchema, {
    pathSpecifier: path ?? ANY_PATH,
    headers: [...headers],
    queryParameters: [...query],
  }),
  any: path === undefined && headers.length + query.length === 0,
});

/** A label of the first form that is no `$…` was a header to PolarisMesh's own proxies. */
const headerForLabel = ({ type, key, value }: RequestMatch, labelsAreHeaders: boolean): RequestMatch =>
  type === 'CUSTOM' && labelsAreHeaders ? { type: 'HEADER', key, value } : { type, key, value };

/**
 * The requests that pass all arguments of a source, as RouteMatches of which one must pass (route_components.proto, RouteMatch). Expressions
 * take whole texts, as Envoy's do; comparisons other than that mean what they mean in Polaris's SDKs.
 */
export const requestMatches = (
  args: readonly RequestMatch[],
  { labelsAreHeaders }: { readonly labelsAreHeaders: boolean },
): Read<readonly MatchedRequests[]> => {
  let all: Conditions = [{}];
  for (const argument of args) {
    const { type, key, value } = headerForLabel(argument, labelsAreHeaders);
    const comparison = readComparison(value);
    const conditions = comparison.ok ? conditionsOf(type, key, comparison.value) : comparison;
    if (!conditions.ok) return unreadable(`${type}${key === '' ? '' : ` ${key}`} ${conditions.problem}`);
    all = all.flatMap((a) => conditions.value.map((b) => both(a, b)));
    if (all.length > ALTERNATIVES_MAX)
      return unreadable(`its lists make more than ${ALTERNATIVES_MAX} routes together`);
  }
  return read(all.map(matchOf));
};
