import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { callerOf } from './caller.js';
import { endCallSpan } from './call-spans.js';
import { answerDiscoverStream, type DiscoverCall } from './discover-stream.js';
import type { Reply } from './instance-calls.js';
import { REGISTRY_SDK, type SdkParts } from './sdk-parts.js';
import type { SdkMethod } from './sdk-stats.js';

type Call = ServerUnaryCall<Buffer, Buffer>;

/** v1.PolarisGRPC on bytes: the package definition passes messages through, so that answers are encoded once and not per call. */
@Controller()
export class PolarisController {
  readonly #parts: SdkParts;

  constructor(@Inject(REGISTRY_SDK) parts: SdkParts) {
    this.#parts = parts;
  }

  @GrpcMethod('PolarisGRPC', 'ReportClient')
  reportClient(bytes: Buffer, metadata: Metadata, call: Call): Buffer {
    return this.#counted('ReportClient', this.#parts.calls.reportClient(bytes, callerOf(metadata, call)));
  }

  @GrpcMethod('PolarisGRPC', 'RegisterInstance')
  async registerInstance(bytes: Buffer, metadata: Metadata, call: Call): Promise<Buffer> {
    const span = this.#parts.startSpan?.('RegisterInstance', metadata, call);
    const reply = await this.#parts.calls.registerInstance(bytes, callerOf(metadata, call, span?.traceparent));
    if (span) endCallSpan(span, reply.code);
    return this.#counted('RegisterInstance', reply);
  }

  @GrpcMethod('PolarisGRPC', 'DeregisterInstance')
  async deregisterInstance(bytes: Buffer, metadata: Metadata, call: Call): Promise<Buffer> {
    const span = this.#parts.startSpan?.('DeregisterInstance', metadata, call);
    const reply = await this.#parts.calls.deregisterInstance(bytes, callerOf(metadata, call, span?.traceparent));
    if (span) endCallSpan(span, reply.code);
    return this.#counted('DeregisterInstance', reply);
  }

  @GrpcMethod('PolarisGRPC', 'Heartbeat')
  heartbeat(bytes: Buffer): Buffer {
    return this.#counted('Heartbeat', this.#parts.calls.heartbeat(bytes));
  }

  @GrpcStreamCall('PolarisGRPC', 'Discover')
  discover(call: DiscoverCall): void {
    answerDiscoverStream(call, this.#parts.answers, this.#parts.observer);
  }

  #counted(method: SdkMethod, { code, bytes }: Reply): Buffer {
    this.#parts.answered(method, code);
    return bytes;
  }
}
