// What the schemas of the events are: one for each type and version, complete in itself.
import { declarationsOf, eventsOf, interfaceSchema, schemaOf } from './types.mjs';

const declarations = declarationsOf('envelope.ts', 'registry.ts', 'rules.ts', 'attempts.ts');
const LOGS = [
  { log: 'registry', union: 'RegistryEvent', partitions: 32 },
  { log: 'rules', union: 'RulesEvent', partitions: 1 },
];
const DIALECT = 'http://json-schema.org/draft-07/schema#';

/** Collects the named types that a schema refers to. */
const collector = () => {
  const definitions = {};
  const refer = (name) => {
    if (!(name in definitions)) {
      const node = declarations.get(name);
      if (!node) throw new Error(`there is no type ${name}`);
      definitions[name] = undefined; // Its place, should it refer to itself.
      definitions[name] = interfaceSchema(node, refer);
    }
    return { $ref: `#/definitions/${name}` };
  };
  return { definitions, refer };
};

const eventSchema = ({ type, data, description }, version) => {
  const { definitions, refer } = collector();
  const properties = { data: schemaOf(data, refer), meta: refer('EventMeta') };
  return {
    $schema: DIALECT,
    $id: `urn:thuban:event:${type}:${version}`,
    title: `${type}.${version}`,
    description,
    type: 'object',
    properties,
    required: ['data', 'meta'],
    definitions,
  };
};

/** `{ log, partitions, type, version, schema }` of every event. */
export const events = LOGS.flatMap(({ log, union, partitions }) =>
  eventsOf(declarations.get(union)).map((event) => ({
    ...{ log, partitions, type: event.type, version: 'v1' },
    schema: eventSchema(event, 'v1'),
  })),
);

/** The schema of an attempt, which is no event. */
export const attemptSchema = {
  $schema: DIALECT,
  $id: 'urn:thuban:attempt:v1',
  title: 'Attempt.v1',
  ...interfaceSchema(declarations.get('Attempt'), collector().refer),
};

export const logs = LOGS.map(({ log, partitions }) => ({ log, partitions }));
