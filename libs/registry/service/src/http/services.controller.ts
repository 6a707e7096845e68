import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { Input, Serves, type InputOf } from '@thuban/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { OPERATIONS } from './operations.js';
import { changeService, createService, deleteService } from './writes.js';

@Controller()
export class ServicesController {
  readonly #parts: HttpParts;
  constructor(@Inject(HTTP_PARTS) parts: HttpParts) {
    this.#parts = parts;
  }

  @Serves(OPERATIONS.listAllServices)
  listAll(@Input() { query }: InputOf<typeof OPERATIONS.listAllServices>) {
    return this.#parts.lists.allServices(query);
  }

  @Serves(OPERATIONS.listServices)
  list(@Param('namespace') namespace: string, @Input() { query }: InputOf<typeof OPERATIONS.listServices>) {
    return this.#parts.lists.services(namespace, query);
  }

  @Serves(OPERATIONS.createService)
  create(
    @Param('namespace') namespace: string,
    @Input() { body }: InputOf<typeof OPERATIONS.createService>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(createService(namespace, body), request, reply);
  }

  @Serves(OPERATIONS.getService)
  get(@Param('namespace') namespace: string, @Param('service') service: string, @Input() _input: unknown) {
    return this.#parts.lists.service(namespace, service);
  }

  @Serves(OPERATIONS.changeService)
  change(
    @Param('namespace') namespace: string,
    @Param('service') service: string,
    @Input() { body }: InputOf<typeof OPERATIONS.changeService>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(changeService(namespace, service, body), request, reply);
  }

  @Serves(OPERATIONS.deleteService)
  delete(
    @Param('namespace') namespace: string,
    @Param('service') service: string,
    @Input() _input: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(deleteService(namespace, service), request, reply);
  }
}
