import type { Place } from '@thuban/events';
import { pageOf, RequestRefused, startOf, type InputOf, type Key } from '@thuban/nest';
import {
  findRouteRule,
  findServiceRouting,
  type RouteRuleEntry,
  type RulesState,
  type ServiceRoutingEntry,
  toServiceRouting,
} from '@thuban/rules-domain';
import type { RulesAnswers } from '../sdk/rules-answers.js';
import type { OPERATIONS } from './operations.js';
import { routingRuleView, serviceRoutingView } from './views.js';

type QueryOf<K extends keyof typeof OPERATIONS> = InputOf<(typeof OPERATIONS)[K]>['query'];
type RuleQuery = QueryOf<'listRoutingRules'>;

/** True when nothing is asked or the value is the one asked for. */
const is = <T>(asked: T | undefined, value: T): boolean => asked === undefined || asked === value;

const carries = (pairs: readonly string[], value: Readonly<Record<string, string>>): boolean =>
  pairs.every((pair) => {
    const cut = pair.indexOf('=');
    const key = pair.slice(0, cut);
    return Object.hasOwn(value, key) && value[key] === pair.slice(cut + 1);
  });

const holds = (places: readonly Place[], namespace: string | undefined, service: string | undefined): boolean =>
  (namespace === undefined && service === undefined) ||
  places.some((place) => is(namespace, place.namespace) && is(service, place.service));

const matchesRule =
  (query: RuleQuery) =>
  ({ rule }: RouteRuleEntry): boolean =>
    is(query.namespace, rule.namespace) &&
    is(query.name, rule.name) &&
    rule.name.startsWith(query.namePrefix ?? '') &&
    is(query.enabled, rule.enabled) &&
    holds(
      rule.branches.flatMap(({ sources }) => sources),
      query.sourceNamespace,
      query.sourceService,
    ) &&
    holds(
      rule.branches.flatMap(({ destinations }) => destinations),
      query.destinationNamespace,
      query.destinationService,
    ) &&
    carries(query.metadata, rule.metadata);

/** Priorities of ten digits each sort as texts. */
const ruleKey = ({ rule }: RouteRuleEntry): Key => [String(rule.priority).padStart(10, '0'), rule.id];
const routingKey = ({ routing }: ServiceRoutingEntry): Key => [routing.namespace, routing.service];

const absent = (message: string, code: string): never => {
  throw new RequestRefused(404, code, message);
};

/**
 * What `/v1` reads of rules: always the committed fold, so a read after an acknowledged write sees it.
 * @throws RequestRefused 404 for a thing that does not exist.
 */
export const createLists = (state: RulesState, answers: Pick<RulesAnswers, 'touchedSeq' | 'revision'>) => ({
  rules: (query: RuleQuery) =>
    pageOf(state.routeRules(), {
      keyOf: ruleKey,
      matches: matchesRule(query),
      view: routingRuleView,
      after: startOf(query.cursor, 2),
      limit: query.limit,
    }),
  rule: (id: string) =>
    routingRuleView(
      findRouteRule(state, id) ?? absent(`routing rule "${id}" does not exist`, 'ROUTING_RULE_NOT_FOUND'),
    ),
  routings: ({ namespace, service, cursor, limit }: QueryOf<'listServiceRoutings'>) =>
    pageOf(state.serviceRoutings(), {
      keyOf: routingKey,
      matches: ({ routing }) => is(namespace, routing.namespace) && is(service, routing.service),
      view: serviceRoutingView,
      after: startOf(cursor, 2),
      limit,
    }),
  routing: (namespace: string, service: string) =>
    serviceRoutingView(
      findServiceRouting(state, namespace, service) ??
        absent(`service "${namespace}/${service}" has no routing of its own`, 'SERVICE_ROUTING_NOT_FOUND'),
    ),
  effective: (namespace: string, service: string) => ({
    ...toServiceRouting(state, namespace, service),
    ...(answers.touchedSeq(namespace, service) > 0 && { revision: answers.revision(namespace, service) }),
  }),
});

export type Lists = ReturnType<typeof createLists>;
