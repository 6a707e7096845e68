import type { ServerOptions } from '@grpc/grpc-js';
import { SERVER_LIMITS } from './limits.js';

/**
 * Options for the gRPC server that carries ADS. Keepalive reaps peers that vanished (R61);
 * channelz would keep a record of every connection.
 */
export const ADS_CHANNEL_OPTIONS = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_concurrent_streams': 1_000_000,
  'grpc.max_receive_message_length': SERVER_LIMITS.requestBytesMax,
  'grpc.max_send_message_length': -1,
  'grpc.enable_channelz': 0,
} as const satisfies ServerOptions;
