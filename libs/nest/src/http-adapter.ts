import { randomUUID } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createAllowedMethods } from './allowed-methods.js';
import { refuseConnection } from './client-errors.js';
import { sendProblem } from './error-filter.js';
import type { Logger } from './logger.js';
import { RequestRefused } from './problem.js';

const BODY_BYTES_MAX = 1024 * 1024;
/** Names of up to 128 characters may be percent-encoded three for one. */
const PATH_PARAMETER_MAX = 1024;

/**
 * The path of the first key `__proto__` in parsed JSON. JSON.parse makes it an ordinary key, but whatever copies
 * it by assignment would set a prototype instead, so it is refused wherever it stands.
 */
const protoKeyIn = (value: unknown, path: readonly string[] = []): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const found = key === '__proto__' ? [...path, key].join('.') : protoKeyIn(child, [...path, key]);
    if (found) return found;
  }
  return undefined;
};

/** @throws RequestRefused 400 for what is no JSON or holds a key `__proto__`. */
const parseJson = (text: string): unknown => {
  if (text.trim() === '')
    throw new RequestRefused(400, 'INVALID_ARGUMENT', 'the body is empty; a JSON object is expected');
  // Cheap first: the key can only be there if the text (or an escape) is.
  const body = parsed(text);
  const field = /__proto__|\\u/.test(text) ? protoKeyIn(body) : undefined;
  if (!field) return body;
  throw new RequestRefused(400, 'INVALID_ARGUMENT', `${field}: this key is not allowed`, [
    { field, message: 'this key is not allowed' },
  ]);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestRefused(400, 'INVALID_ARGUMENT', `the body is not JSON: ${(error as Error).message}`);
  }
};

/**
 * Fastify under Nest with the limits of a listener that strangers can reach: slow headers, slow bodies and large bodies end
 * with a precise problem. Every request gets a random id, returned as `X-Request-Id`; a client's own is not taken over.
 */
export const createHttpAdapter = (logger: Logger): FastifyAdapter => {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    connectionTimeout: 0, // event streams stay open; slow requests are ended by the two timeouts above
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    return503OnClosing: false, // a request on a kept connection is still served while we drain
    routerOptions: { maxParamLength: PATH_PARAMETER_MAX },
    clientErrorHandler: refuseConnection,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(logger, error, request, reply),
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJson(body as string));
    } catch (error) {
      done(error as Error);
    }
  });
  const allowedMethods = createAllowedMethods();
  fastify.addHook('onRoute', ({ url, method }) => allowedMethods.add(url, method));
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    const allowed = request.is404 ? allowedMethods.of(request.url.split('?')[0] ?? '') : [];
    if (allowed.length === 0) return done();
    reply.header('allow', allowed.join(', '));
    done(
      new RequestRefused(405, 'METHOD_NOT_ALLOWED', `${request.method} is not possible here, ${allowed.join(', ')} is`),
    );
  });
  return adapter;
};
