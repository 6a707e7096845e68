import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { Input, Serves, type InputOf } from '@thuban/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { OPERATIONS } from './operations.js';
import { createAlias, deleteAlias } from './writes.js';

@Controller()
export class AliasesController {
  readonly #parts: HttpParts;
  constructor(@Inject(HTTP_PARTS) parts: HttpParts) {
    this.#parts = parts;
  }

  @Serves(OPERATIONS.listAliases)
  list(@Param('namespace') namespace: string, @Input() { query }: InputOf<typeof OPERATIONS.listAliases>) {
    return this.#parts.lists.aliases(namespace, query);
  }

  @Serves(OPERATIONS.createAlias)
  create(
    @Param('namespace') namespace: string,
    @Input() { body }: InputOf<typeof OPERATIONS.createAlias>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(createAlias(namespace, body), request, reply);
  }

  @Serves(OPERATIONS.getAlias)
  get(@Param('namespace') namespace: string, @Param('alias') alias: string, @Input() _input: unknown) {
    return this.#parts.lists.alias(namespace, alias);
  }

  @Serves(OPERATIONS.deleteAlias)
  delete(
    @Param('namespace') namespace: string,
    @Param('alias') alias: string,
    @Input() _input: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(deleteAlias(namespace, alias), request, reply);
  }
}
