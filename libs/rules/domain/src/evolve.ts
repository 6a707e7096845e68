import { calleesOf, callersOf, type Place, type RouteRule, type RulesEvent, type ServiceRouting } from '@thuban/events';
import type { Lookup, Recorded } from '@thuban/event-sourcing';
import { routeRuleKey, serviceRoutingKey, touchKey } from './keys.js';
import { findRouteRule, findServiceRouting } from './lookup.js';
import type { RulesEntry } from './state.js';

type State = Lookup<RulesEntry>;
type Change = readonly [key: string, value: RulesEntry | undefined];
type Stamp = { readonly seq: number; readonly timeMs: number };

/** Folds one event of the rules log: the keys that change and their new values. Events about things unknown are tolerated. */
export const evolve = (state: State, event: Recorded<RulesEvent>): readonly Change[] => {
  switch (event.type) {
    case 'RouteRuleCreated':
    case 'RouteRuleChanged':
      return ruleDescribed(state, event.data, event);
    case 'RouteRuleDeleted':
      return ruleDeleted(state, event.data.id, event);
    case 'ServiceRoutingChanged':
      return routingDescribed(state, event.data, event);
    case 'ServiceRoutingDeleted':
      return routingDeleted(state, event.data.namespace, event.data.service, event);
  }
};

const placesOf = (rule: RouteRule): readonly Place[] => [...calleesOf(rule), ...callersOf(rule)];

const touched = (places: readonly Place[], { seq }: Stamp): Change[] =>
  [...new Set(places.map(({ namespace, service }) => touchKey(namespace, service)))].map((key) => [
    key,
    { kind: 'touch', seq },
  ]);

const ruleDescribed = (state: State, rule: RouteRule, stamp: Stamp): Change[] => {
  const known = findRouteRule(state, rule.id);
  const { seq, timeMs } = stamp;
  return [
    [
      routeRuleKey(rule.id),
      { kind: 'route-rule', rule, seq, createdAtMs: known?.createdAtMs ?? timeMs, changedAtMs: timeMs },
    ],
    ...touched([...(known ? placesOf(known.rule) : []), ...placesOf(rule)], stamp),
  ];
};

const ruleDeleted = (state: State, id: string, stamp: Stamp): Change[] => {
  const known = findRouteRule(state, id);
  return known ? [[routeRuleKey(id), undefined], ...touched(placesOf(known.rule), stamp)] : [];
};

const routingDescribed = (state: State, routing: ServiceRouting, stamp: Stamp): Change[] => {
  const { namespace, service } = routing;
  const { seq, timeMs } = stamp;
  const { createdSeq, createdAtMs } = findServiceRouting(state, namespace, service) ?? {
    createdSeq: seq,
    createdAtMs: timeMs,
  };
  return [
    [
      serviceRoutingKey(namespace, service),
      { kind: 'service-routing', routing, seq, createdSeq, createdAtMs, changedAtMs: timeMs },
    ],
    ...touched([{ namespace, service }], stamp),
  ];
};

const routingDeleted = (state: State, namespace: string, service: string, stamp: Stamp): Change[] =>
  findServiceRouting(state, namespace, service)
    ? [[serviceRoutingKey(namespace, service), undefined], ...touched([{ namespace, service }], stamp)]
    : [];
