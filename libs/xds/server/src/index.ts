export { ADS_CHANNEL_OPTIONS } from './channel-options.js';
export { type AdsController } from './controller.js';
export { SERVER_LIMITS, type ServerLimits } from './limits.js';
export { registerXdsMetrics } from './register-metrics.js';
export { xdsServer, type XdsServer, type XdsServerOptions } from './server.js';
export { type XdsStats } from './stats.js';
export { type StreamStatus } from './stream-status.js';
export {
  grpcTransport,
  type EndStatus,
  type OpenTransport,
  type Transport,
  type TransportEvents,
} from './transport.js';
