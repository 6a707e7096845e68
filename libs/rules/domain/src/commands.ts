import type { RouteRule, ServiceRouting } from '@thuban/events';

/** The fields of a rule that are named change, the others stay. Switching a rule on or off is a change of `enabled`. */
export type RouteRuleChanges = Partial<Omit<RouteRule, 'id'>>;

/**
 * Every wish about rules. Field limits have been checked by `validate…` of this lib before a command is made;
 * `decide` checks what depends on state.
 */
export type RulesCommand =
  /** An id that is taken is ALREADY_EXISTS. */
  | { readonly type: 'CreateRouteRule'; readonly rule: RouteRule }
  /** Creates the rule or replaces all of it; an equal one is no event. */
  | { readonly type: 'PutRouteRule'; readonly rule: RouteRule }
  | { readonly type: 'ChangeRouteRule'; readonly id: string; readonly changes: RouteRuleChanges }
  | { readonly type: 'DeleteRouteRule'; readonly id: string }
  | { readonly type: 'PutServiceRouting'; readonly routing: ServiceRouting }
  | { readonly type: 'DeleteServiceRouting'; readonly namespace: string; readonly service: string };
