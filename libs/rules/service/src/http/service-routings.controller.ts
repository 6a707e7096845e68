import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { Input, Serves, type InputOf } from '@thuban/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { OPERATIONS } from './operations.js';
import { deleteRouting, putRouting } from './writes.js';

/** The names in the path of a routing. */
interface Names {
  readonly namespace: string;
  readonly service: string;
}

@Controller()
export class ServiceRoutingsController {
  readonly #parts: HttpParts;
  constructor(@Inject(HTTP_PARTS) parts: HttpParts) {
    this.#parts = parts;
  }

  @Serves(OPERATIONS.listServiceRoutings)
  list(@Input() { query }: InputOf<typeof OPERATIONS.listServiceRoutings>) {
    return this.#parts.lists.routings(query);
  }

  @Serves(OPERATIONS.getServiceRouting)
  get(@Param() { namespace, service }: Names, @Input() _input: unknown) {
    return this.#parts.lists.routing(namespace, service);
  }

  @Serves(OPERATIONS.getEffectiveRouting)
  effective(@Param() { namespace, service }: Names, @Input() _input: unknown) {
    return this.#parts.lists.effective(namespace, service);
  }

  @Serves(OPERATIONS.putServiceRouting)
  put(
    @Param() { namespace, service }: Names,
    @Input() { body }: InputOf<typeof OPERATIONS.putServiceRouting>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(putRouting(namespace, service, body), request, reply);
  }

  @Serves(OPERATIONS.deleteServiceRouting)
  delete(
    @Param() { namespace, service }: Names,
    @Input() _input: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(deleteRouting(namespace, service), request, reply);
  }
}
