import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Span, Tracer } from '@thuban/telemetry';
import type { FastifyRequest } from 'fastify';

type Fastify = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;

const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const spans = new WeakMap<FastifyRequest, Span>();

/** The traceparent of the span of a request, for what the request causes. Undefined when it has none. */
export const traceparentFor = (request: FastifyRequest): string | undefined => spans.get(request)?.traceparent;

/** A span for every request that may change something, in the trace that the client names; reading changes nothing and is not recorded. */
export const traceRequests = (fastify: Fastify, tracer: Tracer): void => {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { method, headers, ip, routeOptions } = request;
    const route = routeOptions.url;
    if (request.is404 || route === undefined || !WRITES.has(method)) return done();
    const parent = headers['traceparent'];
    const span = tracer.start(`${method} ${route}`, {
      kind: 'server',
      ...(typeof parent === 'string' && { parent }),
      attributes: { 'http.request.method': method, 'http.route': route, 'client.address': ip },
    });
    if (span) spans.set(request, span);
    done();
  });
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    const error = statusCode >= 500 ? `answered with ${statusCode}` : undefined;
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, error);
    done();
  });
};
