export { ADS_CHANNEL_OPTIONS } from './channel-options.js';
export { type AdsController } from './controller.js';
export { SERVER_LIMITS, type ServerLimits } from './limits.js';
export type { ObservePush, SentChange } from './push-watch.js';
export { registerXdsMetrics } from './register-metrics.js';
export { xdsServer, type XdsServer, type XdsServerOptions } from './server.js';
export { type XdsStats } from './stats.js';
export { type StreamStatus } from './stream-status.js';
export { traceChanges, type ChangeTrace } from './trace-changes.js';
export {
  grpcTransport,
  type EndStatus,
  type OpenTransport,
  type Transport,
  type TransportEvents,
} from './transport.js';
