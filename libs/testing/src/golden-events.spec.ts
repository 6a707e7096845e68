import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chainHash, GENESIS_HASH } from '@thuban/event-sourcing';
import { EVENT_SCHEMAS, eventTypesOf, schemaProblem } from '@thuban/events';
import Ajv, { type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { goldenRecords } from './golden-events.js';

const SCHEMAS = resolve(__dirname, '../../events/schemas');
const GOLDEN = goldenRecords();

const published = (name: string): ValidateFunction =>
  new Ajv().compile(JSON.parse(readFileSync(join(SCHEMAS, `${name}.json`), 'utf8')) as object);

const problemOf = (log: string, name: string, body: unknown): string | undefined => {
  const [type = '', version = ''] = name.split('.');
  return schemaProblem(log, type, version, body);
};

describe('golden files', () => {
  it('are there for each type and version of event', () => {
    const types = EVENT_SCHEMAS.map(({ type, version }) => `${type}.${version}`);
    expect(GOLDEN.map(({ name }) => name)).toEqual(expect.arrayContaining(types));
  });

  it.each(GOLDEN.map((record) => [record.name, record] as const))(
    '%s is as it was published (INV-4)',
    (name, record) => {
      const { log, partition: shard, headers, key, body } = record;
      expect(headers['ce_type']).toBe(`dev.thuban.${name}`);
      const hashed = {
        ...{ log, shard, seq: Number(headers['seq']), stream: key, type: name.split('.')[0]! },
        ...{ timeMs: Date.parse(headers['ce_time']!), commitId: headers['commit_id']!, body: JSON.stringify(body) },
      };
      // Whoever edits a golden file meets its hash.
      expect(chainHash(GENESIS_HASH, hashed)).toBe(headers['hash']);
    },
  );

  it.each(GOLDEN.map((record) => [record.name, record] as const))('%s is what its schema says', (name, record) => {
    const validate = published(name);
    expect([validate(record.body), validate.errors]).toEqual([true, null]);
    expect(problemOf(record.log, name, record.body)).toBeUndefined();
  });
});

describe('the published schemas', () => {
  it('are those of the module, one file each, and the one of attempts', () => {
    const names = EVENT_SCHEMAS.map(({ type, version }) => `${type}.${version}.json`);
    expect(readdirSync(SCHEMAS).sort()).toEqual([...names, 'Attempt.v1.json'].sort());
    for (const { type, version, schema } of EVENT_SCHEMAS) {
      const path = join(SCHEMAS, `${type}.${version}.json`);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject(schema);
    }
  });
});

/** A body with something in it replaced or taken away, by a path of numbers. */
const broken = (value: unknown, path: readonly number[], by: unknown): unknown => {
  const [at, ...rest] = path;
  if (at === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  if (keys.length === 0) return by;
  const key = keys[at % keys.length]!;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  const next = broken(copy[key], rest, by);
  if (next === undefined) delete copy[key];
  else copy[key] = next;
  return copy;
};

describe('schemaProblem', () => {
  const validators = new Map(GOLDEN.map(({ name }) => [name, published(name)]));

  it('says of any body what a validator of JSON Schema says', () => {
    const by = fc.constantFrom<unknown>(undefined, null, '', 'EXACT', 0, 1.5, true, [], {}, { a: 1 }, ['x']);
    let [good, bad] = [0, 0];
    fc.assert(
      fc.property(
        fc.constantFrom(...GOLDEN),
        fc.array(fc.nat(9), { maxLength: 6 }),
        by,
        ({ log, name, body }, path, with_) => {
          const text = JSON.stringify(broken(body, path, with_));
          if (text === undefined) return;
          const changed = JSON.parse(text) as unknown;
          const valid = validators.get(name)!(changed);
          if (valid) good++;
          else bad++;
          expect(problemOf(log, name, changed) === undefined).toBe(valid);
        },
      ),
      { numRuns: 2000 },
    );
    expect(Math.min(good, bad)).toBeGreaterThan(50);
  });

  it('names the place', () => {
    const meta = { actor: 'system', requestId: '' };
    const problem = (data: unknown): string | undefined => problemOf('registry', 'NamespaceDeleted.v1', { data, meta });
    expect(problem({ name: 'a', added: 1 })).toBeUndefined();
    expect(problem({})).toBe('body.data.name is missing');
    expect(problem({ name: 1 })).toBe('body.data.name is not of type string');
    expect(problem('x')).toBe('body.data is not of type object');
    expect(problemOf('registry', 'NamespaceDeleted.v1', null)).toBe('body is not of type object');
    expect(problemOf('registry', 'NamespaceDeleted.v2', {})).toBe(
      'the log "registry" has no events of type NamespaceDeleted.v2',
    );
  });

  it('is not misled by names that every object has', () => {
    const data = JSON.parse('{"name":"a","__proto__":{"x":1},"constructor":1,"toString":2}') as object;
    expect(problemOf('registry', 'NamespaceDeleted.v1', { data, meta: { actor: '', requestId: '' } })).toBeUndefined();
    expect(problemOf('registry', 'constructor.v1', {})).toMatch(/no events of type/);
  });
});

describe('eventTypesOf', () => {
  it('knows the logs', () => {
    expect(eventTypesOf('rules')).toContain('RouteRuleCreated');
    expect(eventTypesOf('registry')).not.toContain('RouteRuleCreated');
    expect(eventTypesOf('another')).toBeUndefined();
  });
});
