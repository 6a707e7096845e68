import fc from 'fast-check';
import { covers } from '@thuban/events';
import type { RequestMatch, RouteBranch, RouteDestination, RouteRule, RouteSource, RulesEvent } from '@thuban/events';
import { foldInto, type Recorded } from '@thuban/event-sourcing';
import { evolve } from './evolve.js';
import { touchedSeq } from './lookup.js';
import { createRulesState } from './rules-state.js';
import { toServiceRouting } from './to-service-routing.js';

const source = (namespace: string, service: string, args: readonly RequestMatch[] = []): RouteSource => ({
  namespace,
  service,
  arguments: args,
});
const destination = (namespace: string, service: string, with_: Partial<RouteDestination> = {}): RouteDestination => ({
  namespace,
  service,
  name: '',
  labels: {},
  priority: 0,
  weight: 100,
  isolated: false,
  transfer: '',
  ...with_,
});
const rule = (id: string, with_: Partial<RouteRule>): RouteRule => ({
  id,
  namespace: 'n',
  name: id,
  description: '',
  enabled: true,
  priority: 0,
  metadata: {},
  branches: [],
  ...with_,
});
const branch = (
  sources: readonly RouteSource[],
  destinations: readonly RouteDestination[],
  name = '',
): RouteBranch => ({
  name,
  sources,
  destinations,
});

const created = (data: RouteRule): RulesEvent => ({ type: 'RouteRuleCreated', data });
const stateOf = (events: readonly RulesEvent[]) => {
  const state = createRulesState();
  foldInto(
    state,
    evolve,
    events.map((event, i) => ({ ...event, shard: 0, seq: i + 1, timeMs: i }) as Recorded<RulesEvent>),
  );
  return state;
};
const routingOf = (service: string, ...events: RulesEvent[]) => toServiceRouting(stateOf(events), 'n', service);
const namesOf = (branches: readonly RouteBranch[]) =>
  branches.flatMap((each) => each.destinations.map(({ name }) => name));

describe('what a service sees of the rules', () => {
  it('nothing while there are none', () =>
    expect(routingOf('echo')).toEqual({ namespace: 'n', service: 'echo', inbounds: [], outbounds: [] }));

  it('a rule is an inbound of its destination and an outbound of its source, with the names that lead back to it', () => {
    const data = rule('r', {
      name: 'canary',
      branches: [branch([source('n', 'web')], [destination('n', 'echo', { name: 'new', weight: 7 })], 'first')],
    });
    const sources = [source('n', 'web')];
    const destinations = [destination('n', 'echo', { name: 'canary.first.new', weight: 7 })];
    const converted = [{ name: 'first', sources, destinations }];
    expect(routingOf('echo', created(data))).toMatchObject({ inbounds: converted, outbounds: [] });
    expect(routingOf('web', created(data))).toMatchObject({ inbounds: [], outbounds: converted });
    expect(routingOf('other', created(data))).toMatchObject({ inbounds: [], outbounds: [] });
  });

  it('a branch that is not about the service leaves nothing behind, whichever branch comes first', () => {
    const mine = branch([source('n', 'web')], [destination('n', 'echo')], 'mine');
    const others = branch([source('n', 'app')], [destination('n', 'db')], 'others');
    for (const branches of [
      [mine, others],
      [others, mine],
    ]) {
      const data = created(rule('r', { branches }));
      expect(routingOf('echo', data).inbounds.map(({ name }) => name)).toEqual(['mine']);
      expect(routingOf('web', data).outbounds.map(({ name }) => name)).toEqual(['mine']);
    }
  });

  it('a rule that is disabled or deleted is not seen', () => {
    const data = rule('r', { branches: [branch([], [destination('n', 'echo')])] });
    expect(routingOf('echo', created({ ...data, enabled: false })).inbounds).toEqual([]);
    expect(routingOf('echo', created(data), { type: 'RouteRuleDeleted', data: { id: 'r' } }).inbounds).toEqual([]);
    expect(
      routingOf('echo', created(data), { type: 'RouteRuleChanged', data: { ...data, enabled: false } }).inbounds,
    ).toEqual([]);
  });

  it('exact rules come first, then its own routing, then those of the namespace, then those of all', () => {
    const to = (id: string, namespace: string, service: string, priority = 0) =>
      created(rule(id, { priority, branches: [branch([], [destination(namespace, service)])] }));
    const own: RulesEvent = {
      type: 'ServiceRoutingChanged',
      data: {
        namespace: 'n',
        service: 'echo',
        inbounds: [branch([], [destination('n', 'echo', { name: 'own' })])],
        outbounds: [branch([source('n', 'echo')], [destination('n', 'db', { name: 'out' })])],
      },
    };
    const events = [
      to('all', '*', '*'),
      own,
      to('namespace', 'n', '*'),
      to('late', 'n', 'echo', 5),
      to('b', 'n', 'echo', 1),
      to('a', 'n', 'echo', 1),
    ];
    const { inbounds, outbounds } = routingOf('echo', ...events);
    expect(namesOf(inbounds)).toEqual(['a', 'b', 'late', 'own', 'namespace', 'all']);
    expect(namesOf(outbounds)).toEqual(['out']);
    expect(namesOf(routingOf('echo', ...[...events].reverse()).inbounds)).toEqual(namesOf(inbounds));
  });

  it('a rule from any service of any namespace is no outbound of every service', () => {
    const data = created(rule('r', { branches: [branch([source('*', '*')], [destination('n', 'echo')])] }));
    expect(routingOf('web', data).outbounds).toEqual([]);
    expect(routingOf('echo', data).inbounds).toHaveLength(1);
  });
});

const NAMES = ['a', 'b'];
const somePlace = fc.oneof(
  { weight: 3, arbitrary: fc.record({ namespace: fc.constantFrom(...NAMES), service: fc.constantFrom(...NAMES) }) },
  fc.record({ namespace: fc.constantFrom(...NAMES), service: fc.constant('*') }),
  fc.constant({ namespace: '*', service: '*' }),
);
const someMatch = fc
  .constantFrom('x', 'y')
  .map((value): RequestMatch => ({ type: 'HEADER', key: 'h', value: { type: 'EXACT', valueType: 'TEXT', value } }));
const someSource = fc
  .tuple(somePlace, fc.array(someMatch, { maxLength: 1 }))
  .map(([place, args]) => source(place.namespace, place.service, args));
const someDestination = fc
  .tuple(somePlace, fc.nat(2))
  .map(([{ namespace, service }, weight]) => destination(namespace, service, { weight }));
const someBranches = fc.array(
  fc
    .tuple(
      fc.array(someSource, { maxLength: 2 }),
      fc.array(someDestination, { minLength: 1, maxLength: 2 }),
      fc.constantFrom('p', 'q'),
    )
    .map(([sources, destinations, name]) => branch(sources, destinations, name)),
  { minLength: 1, maxLength: 2 },
);
const someRule = fc
  .record({ id: fc.constantFrom('r1', 'r2', 'r3'), priority: fc.nat(2), enabled: fc.boolean(), branches: someBranches })
  .map(({ id, ...with_ }) => rule(id, with_));
const someService = fc.record({ namespace: fc.constantFrom(...NAMES), service: fc.constantFrom(...NAMES) });
const someEvent: fc.Arbitrary<RulesEvent> = fc.oneof(
  { weight: 4, arbitrary: someRule.map((data): RulesEvent => ({ type: 'RouteRuleChanged', data })) },
  fc.constantFrom('r1', 'r2', 'r3').map((id): RulesEvent => ({ type: 'RouteRuleDeleted', data: { id } })),
  fc.tuple(someService, someBranches).map(([names, inbounds]): RulesEvent => ({
    type: 'ServiceRoutingChanged',
    data: { ...names, inbounds, outbounds: [] },
  })),
  someService.map((data): RulesEvent => ({ type: 'ServiceRoutingDeleted', data })),
);
const someHistory = fc.array(someEvent, { maxLength: 12 });
const SERVICES = NAMES.flatMap((namespace) => NAMES.map((service) => ({ namespace, service })));

/** A call, as an SDK sees it. */
interface Call {
  readonly caller: { readonly namespace: string; readonly service: string };
  readonly callee: { readonly namespace: string; readonly service: string };
  readonly header: string;
}
const comesFrom = ({ caller, header }: Call, { sources }: RouteBranch): boolean =>
  sources.length === 0 ||
  sources.some((each) => covers(each, caller) && each.arguments.every(({ value }) => value.value === header));

/** The weights that an SDK uses: of the first inbound that the call comes from. */
const asSdk = (inbounds: readonly RouteBranch[], call: Call) =>
  inbounds.find((each) => comesFrom(call, each))?.destinations.map(({ weight }) => weight);

/** The same, read off the rules as operators write them. */
const asWritten = (rules: readonly RouteRule[], call: Call) => {
  const exactness = ({ branches }: RouteRule): number => {
    const places = branches.flatMap(({ destinations }) => destinations).filter((each) => covers(each, call.callee));
    if (places.some(({ service }) => service !== '*')) return 0;
    return places.some(({ namespace }) => namespace !== '*') ? 1 : 2;
  };
  const inOrder = rules
    .filter(({ enabled }) => enabled)
    .sort((a, b) => exactness(a) - exactness(b) || a.priority - b.priority || (a.id < b.id ? -1 : 1));
  for (const each of inOrder.flatMap(({ branches }) => branches)) {
    const weights = each.destinations.filter((place) => covers(place, call.callee)).map(({ weight }) => weight);
    if (weights.length > 0 && comesFrom(call, each)) return weights;
  }
  return undefined;
};

describe('the conversion', () => {
  it('routes every call as the rules say', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(someRule, { selector: ({ id }) => id, maxLength: 3 }),
        fc.record({ caller: someService, callee: someService, header: fc.constantFrom('x', 'y', 'z') }),
        (rules, call) => {
          const { inbounds } = toServiceRouting(
            stateOf(rules.map(created)),
            call.callee.namespace,
            call.callee.service,
          );
          expect(asSdk(inbounds, call)).toEqual(asWritten(rules, call));
        },
      ),
      { numRuns: 2_000 },
    ));

  it('makes no branch without destinations, and no outbound without this service as its source', () =>
    fc.assert(
      fc.property(fc.array(someRule, { maxLength: 4 }), someService, (rules, { namespace, service }) => {
        const { inbounds, outbounds } = toServiceRouting(stateOf(rules.map(created)), namespace, service);
        for (const { destinations } of inbounds) {
          expect(destinations.length).toBeGreaterThan(0);
          for (const each of destinations) expect(each).toMatchObject({ namespace, service });
        }
        for (const { sources } of outbounds) {
          expect(sources.length).toBeGreaterThan(0);
          for (const each of sources) expect(each).toMatchObject({ namespace, service });
        }
      }),
    ));

  it('INV-10: nothing changes for a service without a new touched seq, and the same seq means the same routing', () =>
    fc.assert(
      fc.property(someHistory, (history) => {
        const seen = new Map<string, string>();
        for (let length = 0; length <= history.length; length++) {
          const state = stateOf(history.slice(0, length));
          for (const { namespace, service } of SERVICES) {
            const key = `${namespace}/${service}@${touchedSeq(state, namespace, service)}`;
            const routing = JSON.stringify(toServiceRouting(state, namespace, service));
            expect(seen.get(key) ?? routing).toBe(routing);
            seen.set(key, routing);
          }
        }
      }),
    ));

  it('the indexes are those of a state that was folded anew', () =>
    fc.assert(
      fc.property(someHistory, fc.nat(12), (history, cut) => {
        const through = stateOf(history);
        const kept = through.routeRules().map((entry) => created(entry.rule));
        const routings = through
          .serviceRoutings()
          .map((entry): RulesEvent => ({ type: 'ServiceRoutingChanged', data: entry.routing }));
        // What is left, told in another order.
        const events = [...kept, ...routings];
        const rotated = [...events.slice(cut % (events.length + 1)), ...events.slice(0, cut % (events.length + 1))];
        const anew = stateOf(rotated);
        for (const { namespace, service } of SERVICES)
          expect(toServiceRouting(through, namespace, service)).toEqual(toServiceRouting(anew, namespace, service));
        expect(through.counts()).toEqual(anew.counts());
      }),
    ));
});
