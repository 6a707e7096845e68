export { CLUSTER_SETTINGS } from './settings.js';
