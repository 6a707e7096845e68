import { createHash } from 'node:crypto';
import type { EventMeta } from '@thuban/events';
import { RequestRefused } from '../problem.js';
import type { FastifyRequest } from 'fastify';

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const IDEMPOTENCY_KEY = /^[!-~]{1,255}$/;

/** Who sent a request: the address is the connection's and the id ours; of what the client says only a trace is passed on. */
export const metaOf = ({ ip, id, headers }: FastifyRequest): EventMeta => {
  const { traceparent } = headers;
  const traced = typeof traceparent === 'string' && TRACEPARENT.test(traceparent);
  return { actor: `http:${ip}`, requestId: id, ...(traced && { traceparent }) };
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
