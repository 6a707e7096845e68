import type { AdsStream, Mode } from '@thuban/xds-protocol';
import type { Transport } from './transport.js';

/** One open stream: its transport and, once its node is known, its protocol state. */
export interface Connection {
  readonly mode: Mode;
  readonly transport: Transport;
  /** Unix milliseconds. */
  readonly openedMs: number;
  /** Monotonic milliseconds by which it must have named its node. */
  readonly nodeDueMs: number;
  ads: AdsStream | undefined;
  /** Since when it has not taken what was sent; monotonic milliseconds. */
  blockedSinceMs: number | undefined;
}
