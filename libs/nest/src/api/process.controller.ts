import { Controller, Inject, Req, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { eventPage, logNamed } from './event-pages.js';
import { PROCESS_PARTS, type ProcessParts } from './process-parts.js';
import { Input, Serves, type InputOf } from './operation.js';
import { PROCESS_OPERATIONS } from './process-operations.js';

/** Events, status and the document of the API. */
@Controller()
export class ProcessController implements BeforeApplicationShutdown {
  readonly #parts: ProcessParts;
  constructor(@Inject(PROCESS_PARTS) parts: ProcessParts) {
    this.#parts = parts;
  }

  /** Event streams and waiting requests would otherwise hold up the stop. */
  beforeApplicationShutdown(): void {
    this.#parts.closing.abort();
  }

  @Serves(PROCESS_OPERATIONS.listEvents)
  async events(
    @Input() { query }: InputOf<typeof PROCESS_OPERATIONS.listEvents>,
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

  @Serves(PROCESS_OPERATIONS.streamEvents)
  stream(
    @Input() { query }: InputOf<typeof PROCESS_OPERATIONS.streamEvents>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    return this.#parts.streams.serve(logNamed(this.#parts.logs, query.log), query.from, request, reply);
  }

  @Serves(PROCESS_OPERATIONS.getStatus)
  status(@Input() _input: unknown) {
    return this.#parts.status();
  }

  @Serves(PROCESS_OPERATIONS.getOpenApi)
  document(@Input() _input: unknown) {
    return this.#parts.document;
  }
}
