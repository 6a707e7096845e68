export { loadMesh } from './load-mesh.js';
export type { LoadedLog, LoadedMesh } from './load-mesh.js';
export { meshProjection } from './mesh-projection.js';
export { meshRulesProjection } from './mesh-rules-projection.js';
export { MESH_PROJECTION, MESH_RULES_PROJECTION, meshEntities, meshMigrations } from './schemas.js';
export { startMesh } from './start-mesh.js';
export type { MeshLogs, StartedMesh } from './start-mesh.js';
