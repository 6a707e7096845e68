import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { CommandRejected, LogUnavailable } from '@thuban/event-sourcing';
import { EDGE } from './edge.js';

/** One field of a request that is at fault; `field` is a path such as `metadata.zone` or the name of a header. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** RFC 9457 with our members: `code` is stable and meant for programs, `detail` for people. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The id of the request, as in the header `X-Request-Id`. */
  readonly instance: string;
  readonly code: string;
  readonly errors?: readonly FieldError[];
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** A request that the edge itself refuses, before any command is made. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(message);
  }
}

type Said = Pick<Problem, 'status' | 'code' | 'detail'> & { readonly errors?: readonly FieldError[] };

/** Refusals that HTTP has a better status for than their canonical code. */
const STATUS_OF_REASON: Readonly<Record<string, number>> = { IDEMPOTENCY_KEY_REUSED: 422 };

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'REQUEST_TIMEOUT',
  413: 'BODY_TOO_LARGE',
  414: 'URI_TOO_LONG',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  503: 'UNAVAILABLE',
};

const ofRejected = (error: CommandRejected): Said => ({
  status: STATUS_OF_REASON[error.reason ?? ''] ?? EDGE[error.code].http,
  code: error.reason ?? error.code,
  detail: error.message,
  ...(error.field === undefined ? {} : { errors: [{ field: error.field, message: error.message }] }),
});

const ofRefused = ({ status, code, message, errors }: RequestRefused): Said => ({
  status,
  code,
  detail: message,
  ...(errors.length === 0 ? {} : { errors }),
});

/** Errors of Fastify and Nest carry a status; below 500 their messages are about the request and hold nothing of ours. */
const ofFramework = (error: unknown): Said | undefined => {
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return { status, code: CODE_OF_STATUS[status] ?? 'INVALID_ARGUMENT', detail: (error as Error).message };
};

const UNKNOWN: Said = {
  status: 500,
  code: 'INTERNAL',
  detail: 'something went wrong here; the log has the details under the request id',
};

const saidOf = (error: unknown): Said => {
  if (error instanceof CommandRejected) return ofRejected(error);
  // A read of the log itself; writes meet it as a CommandRejected.
  if (error instanceof LogUnavailable)
    return { status: EDGE.UNAVAILABLE.http, code: 'UNAVAILABLE', detail: 'the event log cannot be read now' };
  if (error instanceof RequestRefused) return ofRefused(error);
  return ofFramework(error) ?? UNKNOWN;
};

/** What the client is told about an error. Unknown errors say nothing about our insides. */
export const problemOf = (error: unknown, requestId: string): Problem => {
  const { status, code, detail, ...errors } = saidOf(error);
  return {
    type: `urn:thuban:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    instance: `urn:uuid:${requestId}`,
    code,
    ...errors,
  };
};
