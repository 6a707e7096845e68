import { PROTOCOL_LIMITS, type ProtocolLimits } from '@thuban/xds-protocol';

/** Everything the server keeps has a bound; times in milliseconds. */
export interface ServerLimits extends ProtocolLimits {
  /** Open streams in all; one more is told RESOURCE_EXHAUSTED. */
  readonly streamsMax: number;
  /** A request may be this long. */
  readonly requestBytesMax: number;
  /** A stream that has not taken what was sent for this long is ended. */
  readonly drainMsMax: number;
  /** A stream must name its node within this time. */
  readonly firstRequestMsMax: number;
  /**
   * At a change this many streams are written to before requests and acknowledgements are read again. The last stream waits for the
   * reading in between, so a chunk is as long as a turn of the event loop may be: 1,000 writes are estimated at 20–30 ms.
   */
  readonly flushChunk: number;
  /** Over which time `close` ends the streams. */
  readonly closeMs: number;
}

export const SERVER_LIMITS: ServerLimits = {
  ...PROTOCOL_LIMITS,
  streamsMax: 20_000,
  requestBytesMax: 4 * 1024 * 1024,
  drainMsMax: 30_000,
  firstRequestMsMax: 15_000,
  flushChunk: 1000,
  closeMs: 2_000,
};
