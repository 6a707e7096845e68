export type { Attempt } from './attempts.js';
export type { DomainEvent, EventMeta, Json, JsonObject } from './envelope.js';
export { EVENT_SCHEMAS } from './event-schemas.js';
export { eventTypesOf, schemaProblem } from './schema-problem.js';
export type { EventSchema, Schema } from './schema-problem.js';
export { streamId, parseStreamId } from './stream-id.js';
export type { StreamKind } from './stream-id.js';
export { REGISTRY_LOG, REGISTRY_SHARDS, RULES_LOG, RULES_SHARDS, shardOf } from './shards.js';
export type { Alias, HealthCheck, Instance, Location, Namespace, RegistryEvent, Service } from './registry.js';
export type {
  MatchValue,
  RequestMatch,
  RouteBranch,
  RouteDestination,
  RouteRule,
  RouteSource,
  RulesEvent,
  ServiceRouting,
} from './rules.js';
export { ANY, byPriority, calleesOf, callersOf, covers } from './rule-places.js';
export type { Place } from './rule-places.js';
