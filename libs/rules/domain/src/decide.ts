import type { RouteRule, RulesEvent, ServiceRouting } from '@thuban/events';
import { streamId } from '@thuban/events';
import { CommandRejected, type Decided, type Lookup } from '@thuban/event-sourcing';
import type { RouteRuleChanges, RulesCommand } from './commands.js';
import { findRouteRule, findServiceRouting } from './lookup.js';
import type { RulesEntry } from './state.js';

type State = Lookup<RulesEntry>;
type Facts = readonly Decided<RulesEvent>[];

const NOTHING: Facts = [];
/** The rules log has one shard. */
const SHARD = 0;

/**
 * Turns a wish into facts; an empty list means that nothing needs to change.
 * @throws CommandRejected NOT_FOUND or ALREADY_EXISTS, with the field at fault and one of the reasons ROUTING_RULE_NOT_FOUND,
 *   ROUTING_RULE_EXISTS, SERVICE_ROUTING_NOT_FOUND.
 */
export const decide = (command: RulesCommand, state: State): Facts => {
  switch (command.type) {
    case 'CreateRouteRule':
      return createRule(command.rule, state);
    case 'PutRouteRule':
      return putRule(command.rule, state);
    case 'ChangeRouteRule':
      return changeRule(command.id, command.changes, state);
    case 'DeleteRouteRule':
      return deleteRule(command.id, state);
    case 'PutServiceRouting':
      return putRouting(command.routing, state);
    case 'DeleteServiceRouting':
      return deleteRouting(command.namespace, command.service, state);
  }
};

const ofRule = (id: string, event: RulesEvent): Facts => [{ stream: streamId('route-rule', id), shard: SHARD, event }];

const ofRouting = (namespace: string, service: string, event: RulesEvent): Facts => [
  { stream: streamId('service-routing', namespace, service), shard: SHARD, event },
];

/** Validation puts fields and keys into one order, so equal things have equal texts. */
const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b);

const unknownRule = (id: string): CommandRejected =>
  new CommandRejected('NOT_FOUND', `routing rule "${id}" does not exist`, {
    field: 'id',
    reason: 'ROUTING_RULE_NOT_FOUND',
  });

const createRule = (rule: RouteRule, state: State): Facts => {
  if (!findRouteRule(state, rule.id)) return ofRule(rule.id, { type: 'RouteRuleCreated', data: rule });
  throw new CommandRejected('ALREADY_EXISTS', `routing rule "${rule.id}" exists already`, {
    field: 'id',
    reason: 'ROUTING_RULE_EXISTS',
  });
};

const replaced = (known: RouteRule, rule: RouteRule): Facts =>
  same(rule, known) ? NOTHING : ofRule(rule.id, { type: 'RouteRuleChanged', data: rule });

const putRule = (rule: RouteRule, state: State): Facts => {
  const known = findRouteRule(state, rule.id);
  return known ? replaced(known.rule, rule) : createRule(rule, state);
};

const changeRule = (id: string, changes: RouteRuleChanges, state: State): Facts => {
  const known = findRouteRule(state, id);
  if (!known) throw unknownRule(id);
  return replaced(known.rule, { ...known.rule, ...changes });
};

const deleteRule = (id: string, state: State): Facts => {
  if (!findRouteRule(state, id)) throw unknownRule(id);
  return ofRule(id, { type: 'RouteRuleDeleted', data: { id } });
};

const putRouting = (routing: ServiceRouting, state: State): Facts => {
  const { namespace, service } = routing;
  const known = findServiceRouting(state, namespace, service);
  if (known && same(known.routing, routing)) return NOTHING;
  return ofRouting(namespace, service, { type: 'ServiceRoutingChanged', data: routing });
};

const deleteRouting = (namespace: string, service: string, state: State): Facts => {
  if (findServiceRouting(state, namespace, service))
    return ofRouting(namespace, service, { type: 'ServiceRoutingDeleted', data: { namespace, service } });
  throw new CommandRejected('NOT_FOUND', `service "${namespace}/${service}" has no routing of its own`, {
    field: 'service',
    reason: 'SERVICE_ROUTING_NOT_FOUND',
  });
};
