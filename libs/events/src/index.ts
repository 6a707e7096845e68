export type { DomainEvent, EventMeta, Json, JsonObject } from './envelope.js';
export { streamId, parseStreamId } from './stream-id.js';
export type { StreamKind } from './stream-id.js';
export { REGISTRY_LOG, REGISTRY_SHARDS, shardOf } from './shards.js';
export type { Alias, HealthCheck, Instance, Location, Namespace, RegistryEvent, Service } from './registry.js';
