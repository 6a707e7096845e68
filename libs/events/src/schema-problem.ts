import { EVENT_SCHEMAS } from './event-schemas.js';

/** The part of JSON Schema (draft 7) that the schemas of the events use. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** The schema of the body, `{"data":…,"meta":…}`, of one type of event in one version. */
export interface EventSchema {
  readonly log: string;
  readonly type: string;
  readonly version: string;
  readonly schema: Schema;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const IS_A: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
};

const own = (value: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(value, name) ? value[name] : undefined;

const objectProblem = (
  whole: Schema,
  schema: Schema,
  value: Record<string, unknown>,
  at: string,
): string | undefined => {
  const { properties = {}, required = [], additionalProperties } = schema;
  for (const name of required) if (own(value, name) === undefined) return `${at}.${name} is missing`;
  for (const name of Object.keys(value)) {
    const of = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    const found = of && problemOf(whole, of, value[name], `${at}.${name}`);
    if (found) return found;
  }
  return undefined;
};

const problemOf = (whole: Schema, schema: Schema, value: unknown, at: string): string | undefined => {
  const { $ref, type, items } = schema;
  if ($ref !== undefined) {
    const target = whole.definitions?.[$ref.replace('#/definitions/', '')];
    return target ? problemOf(whole, target, value, at) : `${at} has no schema`;
  }
  if (type !== undefined && !IS_A[type]?.(value)) return `${at} is not of type ${type}`;
  if (schema.enum && !schema.enum.includes(value as string)) return `${at} is none of ${schema.enum.join(', ')}`;
  if (type === 'object') return objectProblem(whole, schema, value as Record<string, unknown>, at);
  if (!items) return undefined;
  for (const [i, each] of (value as readonly unknown[]).entries()) {
    const found = problemOf(whole, items, each, `${at}[${i}]`);
    if (found) return found;
  }
  return undefined;
};

const BY_TYPE = new Map(EVENT_SCHEMAS.map((each) => [`${each.log}/${each.type}.${each.version}`, each.schema]));

/** The types of events that a log can hold, as far as this release knows; undefined for a log that it does not know. */
export const eventTypesOf = (log: string): readonly string[] | undefined => TYPES.get(log);

const TYPES = new Map(
  [...new Set(EVENT_SCHEMAS.map(({ log }) => log))].map((log) => [
    log,
    EVENT_SCHEMAS.filter((each) => each.log === log).map(({ type }) => type),
  ]),
);

/**
 * Why the parsed body of a record is not what its schema says, for whoever reads topics as an outsider; undefined when it is.
 * An unknown type or version is a problem too.
 * @example schemaProblem('registry', 'NamespaceDeleted', 'v1', { data: {}, meta }) // 'body.data.name is missing'
 */
export const schemaProblem = (log: string, type: string, version: string, body: unknown): string | undefined => {
  const schema = BY_TYPE.get(`${log}/${type}.${version}`);
  return schema ? problemOf(schema, schema, body, 'body') : `the log "${log}" has no events of type ${type}.${version}`;
};
