import type { RouteRule, RulesEvent, ServiceRouting } from '@thuban/events';
import { CommandRejected, foldInto, type Recorded } from '@thuban/event-sourcing';
import type { RulesCommand } from './commands.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';
import { createRulesState } from './rules-state.js';
import { validateRouteRule, validateServiceRouting } from './validate.js';

const valid = <T>(result: { ok: true; value: T } | { ok: false; message: string }): T => {
  if (!result.ok) throw new Error(result.message);
  return result.value;
};
const rule = (with_: object = {}): RouteRule =>
  valid(
    validateRouteRule({
      id: 'r-1',
      namespace: 'default',
      name: 'canary',
      branches: [{ destinations: [{ service: 'echo', labels: { b: { value: '1' }, a: { value: '2' } } }] }],
      ...with_,
    }),
  );
const routing = (with_: object = {}): ServiceRouting =>
  valid(
    validateServiceRouting({ namespace: 'default', service: 'echo', inbounds: [{ destinations: [{}] }], ...with_ }),
  );

const RULE: RulesEvent = { type: 'RouteRuleCreated', data: rule() };
const ROUTING: RulesEvent = { type: 'ServiceRoutingChanged', data: routing() };

const given = (...events: RulesEvent[]) => {
  const state = createRulesState();
  foldInto(
    state,
    evolve,
    events.map((event, i) => ({ ...event, shard: 0, seq: i + 1, timeMs: 1000 + i }) as Recorded<RulesEvent>),
  );
  return {
    then: (command: RulesCommand, ...expected: RulesEvent[]) =>
      expect(decide(command, state).map(({ event }) => event)).toEqual(expected),
    refuses: (command: RulesCommand, code: string, reason: string, field: string) => {
      const decided = () => decide(command, state);
      expect(decided).toThrow(CommandRejected);
      expect(decided).toThrow(expect.objectContaining({ code, reason, field }));
    },
    streams: (command: RulesCommand) => decide(command, state).map(({ stream, shard }) => [stream, shard]),
  };
};

describe('routing rules', () => {
  it('are created once', () => {
    given().then({ type: 'CreateRouteRule', rule: rule() }, RULE);
    given(RULE).refuses({ type: 'CreateRouteRule', rule: rule() }, 'ALREADY_EXISTS', 'ROUTING_RULE_EXISTS', 'id');
  });

  it('are put: created when absent, replaced when different, no event when equal', () => {
    const other = rule({ priority: 3 });
    given().then({ type: 'PutRouteRule', rule: rule() }, RULE);
    given(RULE).then({ type: 'PutRouteRule', rule: other }, { type: 'RouteRuleChanged', data: other });
    given(RULE).then({ type: 'PutRouteRule', rule: rule() });
  });

  it('are equal whatever the order of the labels', () =>
    given(RULE).then({
      type: 'PutRouteRule',
      rule: rule({
        branches: [{ destinations: [{ service: 'echo', labels: { a: { value: '2' }, b: { value: '1' } } }] }],
      }),
    }));

  it('are switched off and on by a change of one field', () => {
    const off: RulesCommand = { type: 'ChangeRouteRule', id: 'r-1', changes: { enabled: false } };
    const event: RulesEvent = { type: 'RouteRuleChanged', data: rule({ enabled: false }) };
    given(RULE).then(off, event);
    given(RULE, event).then(off);
    given().refuses(off, 'NOT_FOUND', 'ROUTING_RULE_NOT_FOUND', 'id');
  });

  it('are deleted once', () => {
    const gone: RulesCommand = { type: 'DeleteRouteRule', id: 'r-1' };
    const event: RulesEvent = { type: 'RouteRuleDeleted', data: { id: 'r-1' } };
    given(RULE).then(gone, event);
    given(RULE, event).refuses(gone, 'NOT_FOUND', 'ROUTING_RULE_NOT_FOUND', 'id');
  });

  it('have a stream each, in the one shard of the log', () =>
    expect(given().streams({ type: 'CreateRouteRule', rule: rule({ id: 'a/b' }) })).toEqual([['route-rule/a%2Fb', 0]]));
});

describe('the routing of a service', () => {
  it('is put, and an equal one is no event', () => {
    const other = routing({ inbounds: [] });
    given().then({ type: 'PutServiceRouting', routing: routing() }, ROUTING);
    given(ROUTING).then({ type: 'PutServiceRouting', routing: routing() });
    given(ROUTING).then({ type: 'PutServiceRouting', routing: other }, { type: 'ServiceRoutingChanged', data: other });
  });

  it('is deleted once', () => {
    const gone: RulesCommand = { type: 'DeleteServiceRouting', namespace: 'default', service: 'echo' };
    const event: RulesEvent = { type: 'ServiceRoutingDeleted', data: { namespace: 'default', service: 'echo' } };
    given(ROUTING).then(gone, event);
    given(ROUTING, event).refuses(gone, 'NOT_FOUND', 'SERVICE_ROUTING_NOT_FOUND', 'service');
  });

  it('has a stream of its own', () =>
    expect(given().streams({ type: 'PutServiceRouting', routing: routing() })).toEqual([
      ['service-routing/default/echo', 0],
    ]));
});
