import { randomUUID } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from './instance-calls.js';

/** A call as far as its caller is concerned. */
export interface PeerCall {
  getPeer(): string;
}

const TEXT = /^[\x20-\x7e]{1,128}$/;

const textOf = (metadata: Metadata, key: string): string | undefined => {
  const value = metadata.get(key)[0];
  return typeof value === 'string' && TEXT.test(value) ? value : undefined;
};

/** `127.0.0.1:50123` → `127.0.0.1`, `[::1]:50123` → `::1` */
const addressOf = (peer: string): string => peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

/** Who calls: the address is the connection's, the request id and the trace are what the client says they are. */
export const callerOf = (metadata: Metadata, call: PeerCall): Caller => ({
  get address() {
    return addressOf(call.getPeer());
  },
  meta: () => {
    const traceparent = textOf(metadata, 'traceparent');
    return {
      actor: `sdk:${addressOf(call.getPeer())}`,
      requestId: textOf(metadata, 'request-id') ?? randomUUID(),
      ...(traceparent !== undefined && { traceparent }),
    };
  },
});
