import { ANY } from '@thuban/events';
import type { Lookup } from '@thuban/event-sourcing';
import { routeRuleKey, serviceRoutingKey, touchKey } from './keys.js';
import type { RouteRuleEntry, RulesEntry, ServiceRoutingEntry } from './state.js';

type State = Lookup<RulesEntry>;

const entryAt = <K extends RulesEntry['kind']>(
  state: State,
  key: string,
  kind: K,
): Extract<RulesEntry, { kind: K }> | undefined => {
  const entry = state.get(key);
  return entry?.kind === kind ? (entry as Extract<RulesEntry, { kind: K }>) : undefined;
};

/** The rule with this id. */
export const findRouteRule = (state: State, id: string): RouteRuleEntry | undefined =>
  entryAt(state, routeRuleKey(id), 'route-rule');

/** The routing of a service in Polaris's first form. */
export const findServiceRouting = (state: State, namespace: string, service: string): ServiceRoutingEntry | undefined =>
  entryAt(state, serviceRoutingKey(namespace, service), 'service-routing');

const touchedAt = (state: State, namespace: string, service: string): number =>
  entryAt(state, touchKey(namespace, service), 'touch')?.seq ?? 0;

/** The newest seq of the rules log that may have changed what `toServiceRouting` says of this service; 0: nothing ever did. */
export const touchedSeq = (state: State, namespace: string, service: string): number =>
  Math.max(touchedAt(state, namespace, service), touchedAt(state, namespace, ANY), touchedAt(state, ANY, ANY));
