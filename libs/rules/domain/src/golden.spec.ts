import { foldInto, type Recorded } from '@thuban/event-sourcing';
import type { RulesEvent } from '@thuban/events';
import { goldenEvents } from '@thuban/testing';
import { evolve } from './evolve.js';
import { findRouteRule, findServiceRouting } from './lookup.js';
import { createRulesState } from './rules-state.js';
import type { RulesState } from './state.js';

const EVENTS = goldenEvents<RulesEvent>('rules');
const isEnd = ({ type }: RulesEvent): boolean => /Deleted$/.test(type);
const named = (events: readonly Recorded<RulesEvent>[]) => events.map((event) => [event.type, event] as const);

/** What the state has where the event is about. */
const thingOf = (state: RulesState, { type, data }: RulesEvent): unknown => {
  switch (type) {
    case 'RouteRuleCreated':
    case 'RouteRuleChanged':
    case 'RouteRuleDeleted':
      return findRouteRule(state, data.id)?.rule;
    case 'ServiceRoutingChanged':
    case 'ServiceRoutingDeleted':
      return findServiceRouting(state, data.namespace, data.service)?.routing;
  }
};

describe('golden events of the rules log', () => {
  it.each(named(EVENTS.filter((event) => !isEnd(event))))('%s is folded as what it describes', (_, event) => {
    const state = createRulesState();
    foldInto(state, evolve, [event]);
    expect(thingOf(state, event)).toEqual(event.data);
  });

  it.each(named(EVENTS.filter(isEnd)))('%s ends what it is about', (_, event) => {
    const state = createRulesState();
    foldInto(
      state,
      evolve,
      EVENTS.filter((each) => !isEnd(each)),
    );
    expect(thingOf(state, event)).toBeDefined();
    foldInto(state, evolve, [event]);
    expect(thingOf(state, event)).toBeUndefined();
  });
});
