export { loadRegistry } from './load-registry.js';
export type { LoadedRegistry } from './load-registry.js';
export { registryProjection } from './registry-projection.js';
export { REGISTRY_PROJECTION, registryEntities, registryMigrations } from './schemas.js';
