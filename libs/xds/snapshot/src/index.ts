export { PUSH_ORDER, TYPE_URL } from './resource.js';
export type { NodeFacts, Resource, ResourceChange, ResourceSource, XdsType } from './resource.js';
