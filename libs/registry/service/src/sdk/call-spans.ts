import type { Metadata } from '@grpc/grpc-js';
import type { Span, Tracer } from '@thuban/telemetry';
import { type PeerCall, addressOf, textOf } from './caller.js';
import { CODE } from './codes.js';
import type { SdkMethod } from './sdk-stats.js';

/** Begins the span of a call, in the trace that the client names. Undefined: the call is not recorded. */
export type StartCallSpan = (method: SdkMethod, metadata: Metadata, call: PeerCall) => Span | undefined;

/** For calls that may change something; undefined while telemetry is off. */
export const callSpans = (tracer: Tracer | undefined): StartCallSpan | undefined =>
  tracer &&
  ((method, metadata, call) =>
    tracer.start(`v1.PolarisGRPC/${method}`, {
      kind: 'server',
      parent: textOf(metadata, 'traceparent'),
      attributes: {
        'rpc.system': 'grpc',
        'rpc.service': 'v1.PolarisGRPC',
        'rpc.method': method,
        'client.address': addressOf(call.getPeer()),
      },
    }));

/** Ends the span of a call that was answered with this Polaris code; 500xxx is a failure of ours. */
export const endCallSpan = (span: Span, code: number): void =>
  span.end({ 'thuban.code': code }, code >= CODE.SERVER_ERROR ? `answered with ${code}` : undefined);
