import { randomUUID } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { parseTraceparent } from '@thuban/telemetry';
import type { Caller } from './instance-calls.js';

/** A call as far as its caller is concerned. */
export interface PeerCall {
  getPeer(): string;
}

const TEXT = /^[\x20-\x7e]{1,128}$/;

/** A header that is short and printable, or nothing. */
export const textOf = (metadata: Metadata, key: string): string | undefined => {
  const value = metadata.get(key)[0];
  return typeof value === 'string' && TEXT.test(value) ? value : undefined;
};

/** `127.0.0.1:50123` → `127.0.0.1`, `[::1]:50123` → `::1` */
export const addressOf = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

const namedTrace = (metadata: Metadata): string | undefined => {
  const text = textOf(metadata, 'traceparent');
  return text !== undefined && parseTraceparent(text) ? text : undefined;
};

/**
 * Who calls: the address is the connection's, the request id and the trace are what the client says they are.
 * `span`: the traceparent of the span of this call, which continues the client's.
 */
export const callerOf = (metadata: Metadata, call: PeerCall, span?: string): Caller => ({
  get address() {
    return addressOf(call.getPeer());
  },
  meta: () => {
    const traceparent = span ?? namedTrace(metadata);
    return {
      actor: `sdk:${addressOf(call.getPeer())}`,
      requestId: textOf(metadata, 'request-id') ?? randomUUID(),
      ...(traceparent !== undefined && { traceparent }),
    };
  },
});
