import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Metrics } from './metrics.js';

type Fastify = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;

interface Count {
  readonly labels: Readonly<Record<string, string>>;
  answered: number;
}

/** `thuban_http_requests_total` by method, route pattern (never a path, which anybody can make up) and status code. */
export const countRequests = (fastify: Fastify, metrics: Metrics): void => {
  const counts = new Map<string, Count>();
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const route = request.is404 ? 'none' : (routeOptions.url ?? 'none');
    const key = `${method} ${route} ${reply.statusCode}`;
    const count = counts.get(key) ?? { labels: { method, route, code: String(reply.statusCode) }, answered: 0 };
    count.answered++;
    counts.set(key, count);
    done();
  });
  const read = () => [...counts.values()].map(({ labels, answered }) => [labels, answered] as const);
  metrics.counter('thuban_http_requests_total', 'HTTP requests answered', read, ['method', 'route', 'code']);
};
