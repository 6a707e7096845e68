export { createMesh, evolveMesh } from './evolve-mesh.js';
export type { MeshChange } from './evolve-mesh.js';
export { olderFirst } from './mesh.js';
export type { Mesh, MeshAlias, MeshName, MeshNamespace, MeshRoute, MeshRows, MeshService } from './mesh.js';
