export { brokersOf, mysqlUrlOf, openCluster } from './open-cluster.js';
export type { Cluster, ClusterOptions } from './open-cluster.js';
export { runApp } from './run-app.js';
export type { App } from './run-app.js';
export { CLUSTER_SETTINGS } from './settings.js';
export type { ClusterSettings } from './settings.js';
