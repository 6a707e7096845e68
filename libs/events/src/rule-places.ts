import type { RouteRule } from './rules.js';

/** Any service, or any namespace. */
export const ANY = '*';

/** A service; or with `*` every service of a namespace; or with `*` twice every service. */
export interface Place {
  readonly namespace: string;
  readonly service: string;
}

/** Whether a place holds the service. */
export const covers = (place: Place, { namespace, service }: Place): boolean =>
  (place.namespace === ANY || place.namespace === namespace) && (place.service === ANY || place.service === service);

const distinct = (places: readonly Place[]): readonly Place[] => [
  ...new Map(places.map(({ namespace, service }) => [`${namespace}\n${service}`, { namespace, service }])).values(),
];

/** The places that a rule sends traffic to; none while it is disabled. */
export const calleesOf = ({ enabled, branches }: RouteRule): readonly Place[] =>
  enabled ? distinct(branches.flatMap(({ destinations }) => destinations)) : [];

/**
 * The places whose own calls a rule is about; none while it is disabled. "Any service of any namespace" is left out: the destination's side
 * decides first in every SDK, so the source's side adds nothing, and each service of the mesh would carry each such rule. PolarisMesh leaves it
 * out too.
 */
export const callersOf = ({ enabled, branches }: RouteRule): readonly Place[] =>
  enabled ? distinct(branches.flatMap(({ sources }) => sources).filter(({ namespace }) => namespace !== ANY)) : [];

/** The order in which rules that concern the same place are tried: by ascending priority, then id. */
export const byPriority = (a: RouteRule, b: RouteRule): number =>
  a.priority - b.priority || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);
