import { parseAllDocuments } from 'yaml';
import { pathOf } from './client.js';
import { usageError } from './ctl-error.js';

/** One thing of a file and the request that puts it there. */
export interface RulePut {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: object;
}

type Fields = Readonly<Record<string, unknown>>;

/** What the server adds to a rule when it shows it, so that what was got can be put. */
const STAMPS: readonly string[] = ['seq', 'createdAt', 'changedAt'];

const without = (fields: Fields, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (fields: Fields, name: string, file: string): string => {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw usageError(`${file}: a routing of a service needs its ${name}.`);
};

/** A rule with an id is put under it; one without gets an id from the server. */
const putOf = (fields: Fields, file: string): RulePut => {
  if ('inbounds' in fields || 'outbounds' in fields)
    return {
      method: 'PUT',
      path: pathOf('v1', 'service-routings', textOf(fields, 'namespace', file), textOf(fields, 'service', file)),
      body: without(fields, ['namespace', 'service', 'revision', ...STAMPS]),
    };
  const { id } = fields;
  const body = without(fields, ['id', ...STAMPS]);
  if (id === undefined) return { method: 'POST', path: pathOf('v1', 'routing-rules'), body };
  return { method: 'PUT', path: pathOf('v1', 'routing-rules', String(id)), body };
};

/** One thing, a list of things, or a page of a list. */
const thingsOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  return isFields(value) && Array.isArray(value['items']) ? value['items'] : [value];
};

/**
 * What a file asks for: YAML (several documents are possible) or JSON, with rules and routings of services.
 * @throws CtlError USAGE for a file that is neither, or holds something else.
 */
export const rulePutsOf = (text: string, file: string): readonly RulePut[] => {
  const documents = [...parseAllDocuments(text)];
  const [wrong] = documents.flatMap(({ errors }) => errors);
  if (wrong) throw usageError(`${file} is neither YAML nor JSON: ${wrong.message.split('\n')[0]}`);
  const things = documents.map((document) => document.toJS() as unknown).filter((value) => value !== null);
  const puts = things.flatMap(thingsOf).map((thing) => {
    if (isFields(thing)) return putOf(thing, file);
    throw usageError(`${file} holds something that is no rule.`);
  });
  if (puts.length === 0) throw usageError(`${file} holds no rules.`);
  return puts;
};
