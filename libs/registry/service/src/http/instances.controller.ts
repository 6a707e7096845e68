import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { Input, Serves, type InputOf } from '@thuban/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { OPERATIONS } from './operations.js';
import { changeInstance, createInstance, deleteInstance } from './writes.js';

/** The names in the path of an instance. */
interface Names {
  readonly namespace: string;
  readonly service: string;
  readonly instance: string;
}

@Controller()
export class InstancesController {
  readonly #parts: HttpParts;
  constructor(@Inject(HTTP_PARTS) parts: HttpParts) {
    this.#parts = parts;
  }

  @Serves(OPERATIONS.listAllInstances)
  listAll(@Input() { query }: InputOf<typeof OPERATIONS.listAllInstances>) {
    return this.#parts.lists.allInstances(query);
  }

  @Serves(OPERATIONS.listInstances)
  list(@Param() { namespace, service }: Names, @Input() { query }: InputOf<typeof OPERATIONS.listInstances>) {
    return this.#parts.lists.instances(namespace, service, query);
  }

  @Serves(OPERATIONS.createInstance)
  create(
    @Param() { namespace, service }: Names,
    @Input() { body }: InputOf<typeof OPERATIONS.createInstance>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(createInstance(namespace, service, body), request, reply);
  }

  @Serves(OPERATIONS.getInstance)
  get(@Param() { namespace, service, instance }: Names, @Input() _input: unknown) {
    return this.#parts.lists.instance(namespace, service, instance);
  }

  @Serves(OPERATIONS.changeInstance)
  change(
    @Param() { namespace, service, instance }: Names,
    @Input() { body }: InputOf<typeof OPERATIONS.changeInstance>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(changeInstance(namespace, service, instance, body), request, reply);
  }

  @Serves(OPERATIONS.deleteInstance)
  delete(
    @Param() { namespace, service, instance }: Names,
    @Input() _input: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(deleteInstance(namespace, service, instance), request, reply);
  }
}
