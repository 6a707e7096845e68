import { createHash } from 'node:crypto';
import type { EventMeta } from '@thuban/events';
import { parseTraceparent } from '@thuban/telemetry';
import { RequestRefused } from '../problem.js';
import { traceparentFor } from '../trace-requests.js';
import type { FastifyRequest } from 'fastify';

const IDEMPOTENCY_KEY = /^[!-~]{1,255}$/;

const TRACEPARENT_CHARS_MAX = 128;

const namedTrace = ({ headers: { traceparent } }: FastifyRequest): string | undefined =>
  typeof traceparent === 'string' && traceparent.length <= TRACEPARENT_CHARS_MAX && parseTraceparent(traceparent)
    ? traceparent
    : undefined;

/**
 * Who sent a request: the address is the connection's and the id ours; of what the client says only a trace is passed on, or the span of
 * this request, which continues it.
 */
export const metaOf = (request: FastifyRequest): EventMeta => {
  const { ip, id } = request;
  const traceparent = traceparentFor(request) ?? namedTrace(request);
  return { actor: `http:${ip}`, requestId: id, ...(traceparent !== undefined && { traceparent }) };
};

/** What makes two requests with one key the same request: method, path with its query, and body. */
const fingerprintOf = ({ method, url, body }: FastifyRequest): string =>
  createHash('sha256')
    .update(`${method}\n${url}\n${JSON.stringify(body ?? null)}`)
    .digest('hex');

/** The key that the client gave to this request. @throws RequestRefused 400 for one that is malformed. */
export const idempotencyOf = (
  request: FastifyRequest,
): { readonly key: string; readonly fingerprint: string } | undefined => {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && IDEMPOTENCY_KEY.test(key)) return { key, fingerprint: fingerprintOf(request) };
  const message = 'must be 1 to 255 visible ASCII characters';
  throw new RequestRefused(400, 'INVALID_ARGUMENT', `Idempotency-Key ${message}`, [
    { field: 'Idempotency-Key', message },
  ]);
};
