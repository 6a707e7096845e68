import type { AdsStream, Mode } from '@thuban/xds-protocol';
import type { LastNames } from './repeated-request.js';
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
  /** What it has asked for, to know an ACK that repeats it (SotW). */
  readonly lastNames: LastNames;
  /** Since when it has not taken what was sent; monotonic milliseconds. */
  blockedSinceMs: number | undefined;
}
