import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { Input, Serves, type InputOf } from '@thuban/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { OPERATIONS } from './operations.js';
import { changeNamespace, createNamespace, deleteNamespace } from './writes.js';

@Controller()
export class NamespacesController {
  readonly #parts: HttpParts;
  constructor(@Inject(HTTP_PARTS) parts: HttpParts) {
    this.#parts = parts;
  }

  @Serves(OPERATIONS.listNamespaces)
  list(@Input() { query }: InputOf<typeof OPERATIONS.listNamespaces>) {
    return this.#parts.lists.namespaces(query);
  }

  @Serves(OPERATIONS.createNamespace)
  create(
    @Input() { body }: InputOf<typeof OPERATIONS.createNamespace>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(createNamespace(body), request, reply);
  }

  @Serves(OPERATIONS.getNamespace)
  get(@Param('namespace') namespace: string, @Input() _input: unknown) {
    return this.#parts.lists.namespace(namespace);
  }

  @Serves(OPERATIONS.changeNamespace)
  change(
    @Param('namespace') namespace: string,
    @Input() { body }: InputOf<typeof OPERATIONS.changeNamespace>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(changeNamespace(namespace, body), request, reply);
  }

  @Serves(OPERATIONS.deleteNamespace)
  delete(
    @Param('namespace') namespace: string,
    @Input() _input: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(deleteNamespace(namespace), request, reply);
  }
}
