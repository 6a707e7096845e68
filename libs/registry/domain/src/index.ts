export type { Changes, InstanceRef, RegistryCommand } from './commands.js';
export { decide } from './decide.js';
export { evolve, undescribedNamespace, undescribedService } from './evolve.js';
export { POLARIS_CODE } from './fields.js';
export type { Input, Invalid, Validated } from './fields.js';
export { instanceId } from './instance-id.js';
export type { InstanceTuple } from './instance-id.js';
export { aliasKey, aliasTargetKey, idKey, instanceKey, namespaceKey, serviceKey } from './keys.js';
export { findAlias, findInstance, findInstanceId, findNamespace, findService } from './lookup.js';
export { registryDecider } from './registry-decider.js';
export { createRegistryState } from './registry-state.js';
export { sameContent } from './same-content.js';
export type {
  AliasEntry,
  AliasTargetEntry,
  InstanceEntry,
  InstanceIdEntry,
  InstancePlace,
  NamespaceEntry,
  RegistryEntry,
  RegistryState,
  ServiceEntry,
} from './state.js';
export {
  validateAlias,
  validateClientHost,
  validateInstance,
  validateInstanceAddress,
  validateInstanceChanges,
  validateNamespace,
  validateNamespaceChanges,
  validateService,
  validateServiceChanges,
} from './validate.js';
export type { InstanceAddress } from './validate.js';
