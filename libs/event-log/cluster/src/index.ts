export type { ClusterMetrics, ClusterStore, ClusterStoreOptions, Relay } from './cluster-store.js';
