import type { RulesEvent } from '@thuban/events';
import { apiPath, changed, created, DELETED, valid, type Answer, type Write as ApiWrite } from '@thuban/nest';
import {
  findRouteRule,
  findServiceRouting,
  type RulesCommand,
  type RulesEntry,
  validateRouteRule,
  validateRouteRuleChanges,
  validateServiceRouting,
} from '@thuban/rules-domain';
import { routingRuleView, serviceRoutingView } from './views.js';

/** A command and what is answered once it is durable. */
export type Write = ApiWrite<RulesCommand, RulesEvent, RulesEntry>;
type AnswerOf = Write['answer'];

const ruleNow = (state: Parameters<AnswerOf>[1], id: string): object | undefined => {
  const entry = findRouteRule(state, id);
  return entry && routingRuleView(entry);
};

const ruleIs =
  (id: string): AnswerOf =>
  (_events, state) =>
    changed(ruleNow(state, id));

const ruleMade =
  (id: string): AnswerOf =>
  (_events, state) =>
    created(apiPath('routing-rules', id), ruleNow(state, id));

/** @param id of a rule that does not bring one. */
export const createRule = (body: object, id: string): Write => {
  const rule = valid(validateRouteRule({ id, ...body }));
  return { command: { type: 'CreateRouteRule', rule }, answer: ruleMade(rule.id) };
};

export const putRule = (id: string, body: object): Write => ({
  command: { type: 'PutRouteRule', rule: valid(validateRouteRule({ ...body, id })) },
  answer: (events, state) =>
    (events.some(({ type }) => type === 'RouteRuleCreated') ? ruleMade : ruleIs)(id)(events, state),
});

export const changeRule = (id: string, body: object): Write => ({
  command: { type: 'ChangeRouteRule', id, changes: valid(validateRouteRuleChanges(body)) },
  answer: ruleIs(id),
});

export const deleteRule = (id: string): Write => ({ command: { type: 'DeleteRouteRule', id }, answer: () => DELETED });

export const putRouting = (namespace: string, service: string, body: object): Write => ({
  command: {
    type: 'PutServiceRouting',
    routing: valid(validateServiceRouting({ ...body, namespace, service })),
  },
  answer: (events, state): Answer => {
    const entry = findServiceRouting(state, namespace, service);
    const view = entry && serviceRoutingView(entry);
    const isNew = events.length > 0 && entry?.seq === entry?.createdSeq;
    return isNew ? created(apiPath('service-routings', namespace, service), view) : changed(view);
  },
});

export const deleteRouting = (namespace: string, service: string): Write => ({
  command: { type: 'DeleteServiceRouting', namespace, service },
  answer: () => DELETED,
});
