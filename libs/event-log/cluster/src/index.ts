export type { AttemptsPublisher } from './attempts.js';
export { openClusterStore } from './cluster-store.js';
export type { ClusterMetrics, ClusterStore, ClusterStoreOptions, Relay } from './cluster-store.js';
export { DatabaseUnreachable, DurabilityRefused, NewerDatabase, StoreCorrupt, StoreRefused } from './errors.js';
export type { CarrierMetrics } from './kafka-carrier.js';
export type { KafkaAddress } from './kafka-client.js';
export { TopicRefused } from './topics.js';
