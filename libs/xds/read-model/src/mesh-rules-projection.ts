import { rowKey, rowsOver, type BatchRows, type ReadModelTx } from '@thuban/database';
import { streamId, type RulesEvent } from '@thuban/events';
import type { Projection, Recorded } from '@thuban/event-sourcing';
import { MESH_RULES_PROJECTION, ruleTables, type RoutingRow, type RuleRow } from './schemas.js';

const applyEvent = (rules: BatchRows<RuleRow>, routings: BatchRows<RoutingRow>, event: Recorded<RulesEvent>): void => {
  switch (event.type) {
    case 'RouteRuleCreated':
    case 'RouteRuleChanged':
      return rules.set(rowKey(event.data.id), { id: event.data.id, data: JSON.stringify(event.data) });
    case 'RouteRuleDeleted':
      return rules.set(rowKey(event.data.id), undefined);
    case 'ServiceRoutingChanged': {
      const { namespace, service } = event.data;
      return routings.set(rowKey(namespace, service), { namespace, service, data: JSON.stringify(event.data) });
    }
    case 'ServiceRoutingDeleted':
      return routings.set(rowKey(event.data.namespace, event.data.service), undefined);
  }
};

const keyOf = (event: Recorded<RulesEvent>): string => {
  switch (event.type) {
    case 'RouteRuleCreated':
    case 'RouteRuleChanged':
    case 'RouteRuleDeleted':
      return streamId('route-rule', event.data.id);
    case 'ServiceRoutingChanged':
    case 'ServiceRoutingDeleted':
      return streamId('service-routing', event.data.namespace, event.data.service);
  }
};

/** Keeps the rows of routing rules, from the rules log. Events carry the whole rule, so no row is read. */
export const meshRulesProjection: Projection<ReadModelTx, RulesEvent> = {
  name: MESH_RULES_PROJECTION,
  keyOf,
  project: async (tx, events, slot) => {
    const rules = rowsOver<RuleRow>(new Map());
    const routings = rowsOver<RoutingRow>(new Map());
    for (const event of events) applyEvent(rules, routings, event);
    await ruleTables.write(tx, slot, 'mesh_route_rule', rules.changed);
    await ruleTables.write(tx, slot, 'mesh_service_routing', routings.changed);
  },
  reset: ruleTables.clear,
};
