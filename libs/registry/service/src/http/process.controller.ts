import { Controller, Inject, Req, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { eventPage, logNamed } from './event-pages.js';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { Input, Serves, type InputOf } from './operation.js';
import { OPERATIONS } from './operations.js';

/** Events, status and the document of the API. */
@Controller()
export class ProcessController implements BeforeApplicationShutdown {
  readonly #parts: HttpParts;
  constructor(@Inject(HTTP_PARTS) parts: HttpParts) {
    this.#parts = parts;
  }

  /** Event streams and waiting requests would otherwise hold up the stop. */
  beforeApplicationShutdown(): void {
    this.#parts.closing.abort();
  }

  @Serves(OPERATIONS.listEvents)
  async events(
    @Input() { query }: InputOf<typeof OPERATIONS.listEvents>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { logs, clock, followers, closing } = this.#parts;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    reply.raw.once('close', end);
    // By hand: what AbortSignal.any makes of a signal that lives as long as the process is never let go of.
    closing.signal.addEventListener('abort', end);
    if (closing.signal.aborted) end();
    try {
      return await eventPage(logs, query, clock, followers, ended.signal);
    } finally {
      closing.signal.removeEventListener('abort', end);
    }
  }

  @Serves(OPERATIONS.streamEvents)
  stream(
    @Input() { query }: InputOf<typeof OPERATIONS.streamEvents>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    return this.#parts.streams.serve(logNamed(this.#parts.logs, query.log), query.from, request, reply);
  }

  @Serves(OPERATIONS.getStatus)
  status(@Input() _input: unknown) {
    return this.#parts.status();
  }

  @Serves(OPERATIONS.getOpenApi)
  document(@Input() _input: unknown) {
    return this.#parts.document;
  }
}
