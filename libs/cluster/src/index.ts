export { brokersOf } from './open-cluster.js';
export type { Cluster } from './open-cluster.js';
export { runApp } from './run-app.js';
export type { App } from './run-app.js';
export { CLUSTER_SETTINGS } from './settings.js';
export type { ClusterSettings } from './settings.js';
export { startApp } from './start-app.js';
export type { AppOptions, Served } from './start-app.js';
