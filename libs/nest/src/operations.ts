import { Controller, Get, Inject, Module, Res, type DynamicModule } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Metrics } from './metrics.js';

/** Something that must be in order before this process should get traffic. */
export interface ReadinessCheck {
  readonly name: string;
  /** `undefined` when ready, else why not, in a few words. */
  readonly notReady: () => string | undefined;
}

interface Operations {
  readonly checks: readonly ReadinessCheck[];
  readonly metrics: Metrics;
  readonly draining: () => boolean;
}

const OPERATIONS = Symbol('operations');

const failing = ({ checks, draining }: Operations): readonly { readonly name: string; readonly reason: string }[] => [
  ...(draining() ? [{ name: 'process', reason: 'shutting down' }] : []),
  ...checks.flatMap(({ name, notReady }) => {
    const reason = notReady();
    return reason === undefined ? [] : [{ name, reason }];
  }),
];

/** What machines ask a process: does it live, may it get traffic, how does it do. */
@Controller()
class OperationsController {
  readonly #operations: Operations;
  constructor(@Inject(OPERATIONS) operations: Operations) {
    this.#operations = operations;
  }

  @Get('livez')
  livez(): object {
    return { status: 'ok' };
  }

  @Get('readyz')
  readyz(@Res({ passthrough: true }) reply: FastifyReply): object {
    const notReady = failing(this.#operations);
    if (notReady.length > 0) reply.status(503);
    return { status: notReady.length > 0 ? 'not ready' : 'ok', notReady };
  }

  @Get('metrics')
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { registry } = this.#operations.metrics;
    reply.type(registry.contentType);
    return registry.metrics();
  }
}

@Module({})
class OperationsModule {}

/** `/livez`, `/readyz` and `/metrics`. */
export const operationsModule = (operations: Operations): DynamicModule => ({
  module: OperationsModule,
  controllers: [OperationsController],
  providers: [{ provide: OPERATIONS, useValue: operations }],
});
