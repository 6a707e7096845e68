import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { Input, Serves, type InputOf } from '@thuban/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HTTP_PARTS, type HttpParts } from './http-parts.js';
import { OPERATIONS } from './operations.js';
import { changeRule, createRule, deleteRule, putRule } from './writes.js';

@Controller()
export class RoutingRulesController {
  readonly #parts: HttpParts;
  constructor(@Inject(HTTP_PARTS) parts: HttpParts) {
    this.#parts = parts;
  }

  @Serves(OPERATIONS.listRoutingRules)
  list(@Input() { query }: InputOf<typeof OPERATIONS.listRoutingRules>) {
    return this.#parts.lists.rules(query);
  }

  @Serves(OPERATIONS.createRoutingRule)
  create(
    @Input() { body }: InputOf<typeof OPERATIONS.createRoutingRule>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(createRule(body, this.#parts.newId()), request, reply);
  }

  @Serves(OPERATIONS.getRoutingRule)
  get(@Param('id') id: string, @Input() _input: unknown) {
    return this.#parts.lists.rule(id);
  }

  @Serves(OPERATIONS.putRoutingRule)
  put(
    @Param('id') id: string,
    @Input() { body }: InputOf<typeof OPERATIONS.putRoutingRule>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(putRule(id, body), request, reply);
  }

  @Serves(OPERATIONS.changeRoutingRule)
  change(
    @Param('id') id: string,
    @Input() { body }: InputOf<typeof OPERATIONS.changeRoutingRule>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(changeRule(id, body), request, reply);
  }

  @Serves(OPERATIONS.deleteRoutingRule)
  delete(
    @Param('id') id: string,
    @Input() _input: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#parts.writes.run(deleteRule(id), request, reply);
  }
}
