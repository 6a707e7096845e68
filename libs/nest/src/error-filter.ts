import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { CommandRejected } from '@thuban/event-sourcing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import { EDGE, GRPC_INTERNAL } from './edge.js';
import type { Logger } from './logger.js';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problem.js';

/** Answers with problem+json; what is our own fault is logged once, with its cause. */
export const sendProblem = (logger: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const problem = problemOf(error, request.id);
  // 503 tells the client to come back; a store that is away is logged by whoever keeps trying it, not by every request.
  if (problem.status >= 500 && problem.status !== 503)
    logger.error({ err: error, requestId: request.id, method: request.method, path: request.url }, 'request failed');
  if (reply.sent || reply.raw.headersSent) return void reply.raw.destroy();
  if (problem.status === 503 || problem.status === 429) reply.header('retry-after', '1');
  void reply.status(problem.status).type(PROBLEM_CONTENT_TYPE).send(JSON.stringify(problem));
};

/** The status of a failed gRPC call: refusals by the edge table, everything else INTERNAL without internals. */
const grpcErrorOf = (logger: Logger, error: unknown): { readonly code: number; readonly details: string } => {
  if (error instanceof CommandRejected) return { code: EDGE[error.code].grpc, details: error.message };
  logger.error({ err: error }, 'call failed');
  return { code: GRPC_INTERNAL, details: 'internal error' };
};

/** The one place where errors leave the process, for HTTP and gRPC alike. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  readonly #logger: Logger;
  constructor(logger: Logger) {
    this.#logger = logger;
  }
  catch(error: unknown, host: ArgumentsHost): void | Observable<never> {
    if (host.getType() === 'rpc') return throwError(() => grpcErrorOf(this.#logger, error));
    const http = host.switchToHttp();
    sendProblem(this.#logger, error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
