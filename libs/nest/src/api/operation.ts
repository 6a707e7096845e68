import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import { suggestion } from '../nearest.js';
import { RequestRefused, type FieldError } from '../problem.js';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Shape = z.ZodObject;

/** One operation of the API: what Nest routes by, what requests are parsed with and what the OpenAPI document is made from. */
export interface Operation<Q extends Shape = Shape, B extends z.ZodType = z.ZodType> {
  readonly id: string;
  readonly method: Method;
  /** `/v1/namespaces/:namespace`; parameters are percent-encoded names and may hold a slash once decoded. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly query?: Q;
  readonly body?: B;
  /** Of the answer when all goes well. A PUT that made the thing answers 201. */
  readonly status: number;
  /** The answer's body; absent: none. */
  readonly answer?: z.ZodType;
  /** Of the answer, when it is not JSON. */
  readonly contentType?: string;
}

/** The parsed request of an operation. */
export interface InputOf<O extends Operation> {
  readonly query: O['query'] extends z.ZodType ? z.output<O['query']> : Record<string, never>;
  readonly body: O['body'] extends z.ZodType ? z.output<O['body']> : undefined;
}

const OPERATION = 'thuban:operation';

/** Makes a controller's method serve an operation. */
export const Serves = (operation: Operation): MethodDecorator =>
  applyDecorators(
    SetMetadata(OPERATION, operation),
    RequestMapping({ path: operation.path, method: RequestMethod[operation.method] }),
    HttpCode(operation.status),
  );

const ARTICLES: Readonly<Record<string, string>> = { object: 'an object', array: 'an array', boolean: 'true or false' };

const messageOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.input === undefined) return 'is required';
  if (Array.isArray(issue.input) && issue.expected === 'string') return 'must not be given more than once';
  return `must be ${ARTICLES[issue.expected] ?? `a ${issue.expected}`}`;
};

const fieldErrorsOf = (issue: z.core.$ZodIssue, whole: string, known: readonly string[]): readonly FieldError[] => {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.') || whole, message: messageOf(issue) }];
  return issue.keys.map((key) => ({
    field: [...path, key].join('.'),
    message: `is not known${path.length === 0 ? suggestion(key, known) : ''}`,
  }));
};

const namesOf = (schema: z.ZodType): readonly string[] =>
  'shape' in schema ? Object.keys(schema.shape as object) : [];

/** @throws RequestRefused 400 naming every field that is at fault. */
const parseWith = (schema: z.ZodType, value: unknown, whole: 'body' | 'query'): unknown => {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => fieldErrorsOf(issue, whole, namesOf(schema)));
  const where = whole === 'query' ? 'query parameter ' : '';
  const detail = errors.map(({ field, message }) => `${where}${field} ${message}`).join('; ');
  throw new RequestRefused(400, 'INVALID_ARGUMENT', detail, errors);
};

const refuseUnknownQuery = (query: object): Record<string, never> => {
  const names = Object.keys(query);
  if (names.length === 0) return {};
  const errors = names.map((field) => ({ field, message: 'is not known' }));
  throw new RequestRefused(400, 'INVALID_ARGUMENT', `query parameter ${names.join(', ')} is not known`, errors);
};

/** The request of the operation that the method serves, parsed: an `InputOf` it. */
export const Input = createParamDecorator((_data: unknown, context: ExecutionContext): InputOf<Operation> => {
  const operation = Reflect.getMetadata(OPERATION, context.getHandler()) as Operation;
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  // Fastify's query has no prototype, and Zod would take that for no plain object.
  const query = { ...(request.query as object) };
  return {
    query: (operation.query
      ? parseWith(operation.query, query, 'query')
      : refuseUnknownQuery(query)) as InputOf<Operation>['query'],
    body: (operation.body ? parseWith(operation.body, request.body, 'body') : undefined) as undefined,
  };
});
