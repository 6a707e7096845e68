import { apiQueries, type Operation } from '@thuban/nest';
import { z } from 'zod';
import * as schemas from './schemas.js';

const { byName, flag, metadata, paging, text } = apiQueries;

const RULES = '/v1/routing-rules';
const RULE = `${RULES}/:id`;
const ROUTINGS = '/v1/service-routings';
const ROUTING = `${ROUTINGS}/:namespace/:service`;

/** Every operation on rules: the one table behind the routes, the parsing and the OpenAPI document. */
export const OPERATIONS = {
  listRoutingRules: {
    id: 'listRoutingRules',
    method: 'GET',
    path: RULES,
    summary: 'List routing rules by priority and id',
    tag: 'rules',
    query: z.strictObject({
      ...paging,
      ...byName,
      namespace: text('only those kept in this namespace').optional(),
      enabled: flag.optional(),
      sourceNamespace: text('only with a source of this namespace, as it is written').optional(),
      sourceService: text('only with this service as a source, as it is written').optional(),
      destinationNamespace: text('only with a destination of this namespace, as it is written').optional(),
      destinationService: text('only with this service as a destination, as it is written').optional(),
      metadata,
    }),
    status: 200,
    answer: schemas.RoutingRulePage,
  },
  createRoutingRule: {
    id: 'createRoutingRule',
    method: 'POST',
    path: RULES,
    summary: 'Create a routing rule',
    tag: 'rules',
    body: schemas.NewRoutingRule,
    status: 201,
    answer: schemas.RoutingRule,
  },
  getRoutingRule: {
    id: 'getRoutingRule',
    method: 'GET',
    path: RULE,
    summary: 'One routing rule',
    tag: 'rules',
    status: 200,
    answer: schemas.RoutingRule,
  },
  putRoutingRule: {
    id: 'putRoutingRule',
    method: 'PUT',
    path: RULE,
    summary: 'Replace a routing rule as a whole, or create it under this id',
    tag: 'rules',
    body: schemas.RoutingRuleInput,
    status: 200,
    answer: schemas.RoutingRule,
  },
  changeRoutingRule: {
    id: 'changeRoutingRule',
    method: 'PATCH',
    path: RULE,
    summary: 'Replace the fields that are named; `enabled` switches a rule on and off',
    tag: 'rules',
    body: schemas.RoutingRuleChanges,
    status: 200,
    answer: schemas.RoutingRule,
  },
  deleteRoutingRule: {
    id: 'deleteRoutingRule',
    method: 'DELETE',
    path: RULE,
    summary: 'Delete a routing rule',
    tag: 'rules',
    status: 204,
  },
  listServiceRoutings: {
    id: 'listServiceRoutings',
    method: 'GET',
    path: ROUTINGS,
    summary: 'List the routings of services, in the first form of Polaris, by namespace and service',
    tag: 'rules',
    query: z.strictObject({
      ...paging,
      namespace: text('only of this namespace').optional(),
      service: text('only of services with this name').optional(),
    }),
    status: 200,
    answer: schemas.ServiceRoutingPage,
  },
  getServiceRouting: {
    id: 'getServiceRouting',
    method: 'GET',
    path: ROUTING,
    summary: 'The own routing of a service, without what rules add',
    tag: 'rules',
    status: 200,
    answer: schemas.ServiceRouting,
  },
  putServiceRouting: {
    id: 'putServiceRouting',
    method: 'PUT',
    path: ROUTING,
    summary: 'Replace the own routing of a service, or create it',
    tag: 'rules',
    body: schemas.ServiceRoutingInput,
    status: 200,
    answer: schemas.ServiceRouting,
  },
  deleteServiceRouting: {
    id: 'deleteServiceRouting',
    method: 'DELETE',
    path: ROUTING,
    summary: 'Delete the own routing of a service',
    tag: 'rules',
    status: 204,
  },
  getEffectiveRouting: {
    id: 'getEffectiveRouting',
    method: 'GET',
    path: `${ROUTING}/effective`,
    summary:
      'What an SDK that asks for this service gets: its own routing and every rule about it, in the order in which they are tried',
    tag: 'rules',
    status: 200,
    answer: schemas.EffectiveRouting,
  },
} as const satisfies Record<string, Operation>;
