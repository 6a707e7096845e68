export { DirectoryInUse, DirectoryUnusable, NewerDatabase, StoreCorrupt, StoreRefused } from './errors.js';
export { openEmbeddedLog, openEmbeddedStore } from './embedded-store.js';
export type { EmbeddedLogOptions, EmbeddedStore } from './embedded-store.js';
