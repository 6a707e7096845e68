export type { Changes, InstanceRef, RegistryCommand } from './commands.js';
export type {
  AliasEntry,
  InstanceEntry,
  InstanceIdEntry,
  NamespaceEntry,
  RegistryEntry,
  RegistryState,
  ServiceEntry,
} from './state.js';
