import { z } from 'zod';
import type { Operation } from './operation.js';
import { components, Problem } from './schemas.js';

type JsonSchema = Readonly<Record<string, unknown>>;

const withoutIds = ({ $schema: _schema, $id: _id, id: __id, ...schema }: JsonSchema): JsonSchema => schema;

const COMPONENTS = '#/components/schemas/';

const componentSchemas = (): Record<string, JsonSchema> => {
  const { schemas } = z.toJSONSchema(components, { uri: (id) => COMPONENTS + id });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema as JsonSchema)]));
};

const schemaOf = (schema: z.ZodType): JsonSchema => {
  const id = components.get(schema)?.id;
  return id === undefined ? withoutIds(z.toJSONSchema(schema) as JsonSchema) : { $ref: COMPONENTS + id };
};

const content = (schema: z.ZodType, type = 'application/json') => ({ [type]: { schema: schemaOf(schema) } });

const pathParameters = (path: string) =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: 'percent-encoded',
    schema: { type: 'string', minLength: 1 },
  }));

const queryParameters = (query: z.ZodObject | undefined) =>
  Object.entries(query?.shape ?? {}).map(([name, field]) => {
    const { description, default: byDefault, ...schema } = withoutIds(z.toJSONSchema(field as z.ZodType) as JsonSchema);
    const array = schema['type'] === 'array';
    return {
      name,
      in: 'query',
      required: false,
      ...(description !== undefined && { description }),
      ...(array && { style: 'form', explode: true }),
      schema: { ...schema, ...(byDefault !== undefined && { default: byDefault }) },
    };
  });

const WRITES: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'a repeat with the same key and request gets the first answer for 24 hours and writes nothing',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
};

const PROBLEMS: Readonly<Record<string, string>> = {
  400: 'The request is wrong; `errors` names the fields',
  404: 'There is no such thing',
  409: 'It exists already, others changed the same things, or a position is of a log that was replaced',
  413: 'The body is larger than 1 MiB',
  415: 'The body is not application/json',
  422: 'The Idempotency-Key was used for another request',
  429: 'Too many requests or event streams wait',
  503: 'The event log cannot be used now',
};

const problemsOf = ({ method, body, path }: Operation): readonly string[] => {
  const ofLog = path.startsWith('/v1/events');
  const reads = ['400', '429', ...(path.includes(':') || ofLog ? ['404'] : []), ...(ofLog ? ['409', '503'] : [])];
  const writes = WRITES.includes(method) ? ['404', '409', '422', '503'] : [];
  return [
    ...new Set([...reads, ...(path === '/v1/status' ? ['503'] : []), ...writes, ...(body ? ['413', '415'] : [])]),
  ].sort();
};

const successOf = (operation: Operation, status: number) => ({
  description: status === 204 ? 'Done' : 'The answer',
  ...(status === 201 && { headers: { Location: { schema: { type: 'string' } } } }),
  ...(operation.answer && { content: content(operation.answer) }),
  ...(operation.contentType && { content: { [operation.contentType]: { schema: { type: 'string' } } } }),
});

const responsesOf = (operation: Operation) => ({
  [operation.status]: successOf(operation, operation.status),
  ...(operation.method === 'PUT' && { 201: successOf(operation, 201) }),
  ...Object.fromEntries(
    problemsOf(operation).map((status) => [
      status,
      { description: PROBLEMS[status], content: content(Problem, 'application/problem+json') },
    ]),
  ),
});

const operationObject = (operation: Operation) => ({
  operationId: operation.id,
  summary: operation.summary,
  tags: [operation.tag],
  parameters: [
    ...pathParameters(operation.path),
    ...queryParameters(operation.query),
    ...(WRITES.includes(operation.method) ? [idempotencyKey] : []),
  ],
  ...(operation.body && { requestBody: { required: true, content: content(operation.body) } }),
  responses: responsesOf(operation),
});

/** The OpenAPI 3.1 document of these operations. */
export const openApiDocument = (operations: readonly Operation[], version: string): JsonSchema => {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[operation.method.toLowerCase()] = operationObject(operation);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Thuban', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: componentSchemas() },
  };
};
