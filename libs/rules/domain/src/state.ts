import type { RouteRule, ServiceRouting } from '@thuban/events';
import type { KeyedState } from '@thuban/event-sourcing';

/** A rule as folded; `seq` is that of its newest event. */
export interface RouteRuleEntry {
  readonly kind: 'route-rule';
  readonly rule: RouteRule;
  readonly seq: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** The routing of one service in Polaris's first form, as folded; `createdSeq` is the seq that it began with. */
export interface ServiceRoutingEntry {
  readonly kind: 'service-routing';
  readonly routing: ServiceRouting;
  readonly seq: number;
  readonly createdSeq: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/**
 * The newest seq that changed what a place (a service, `*` of a namespace, or `*` of `*`) gets. It outlives the rules, so that a revision
 * does not come back when the last rule goes.
 */
export interface TouchEntry {
  readonly kind: 'touch';
  readonly seq: number;
}

export type RulesEntry = RouteRuleEntry | ServiceRoutingEntry | TouchEntry;

/** The rules that concern a service, by how exactly they name it; each list by priority, then id. No rule is in two lists. */
export type ByExactness = readonly [
  service: readonly RouteRuleEntry[],
  namespace: readonly RouteRuleEntry[],
  all: readonly RouteRuleEntry[],
];

/** The committed fold of the rules log, with the indexes that answers need. Keys are made by the functions in `keys.ts`. */
export interface RulesState extends KeyedState<RulesEntry> {
  /** All rules by ascending priority, then id in code-unit order. */
  routeRules(): readonly RouteRuleEntry[];
  /** By namespace, then service, in code-unit order. */
  serviceRoutings(): readonly ServiceRoutingEntry[];
  /** The enabled rules with this service among the destinations. */
  rulesInto(namespace: string, service: string): ByExactness;
  /** The enabled rules with this service among the sources; `*` of `*` as a source is left out, see `callersOf`. */
  rulesOutOf(namespace: string, service: string): ByExactness;
  /** How many there are in all. */
  counts(): { readonly routingRules: number; readonly serviceRoutings: number };
}
