import type { Recorded } from '@thuban/event-sourcing';
import type { RegistryEvent, RouteBranch, RouteRule, RulesEvent } from '@thuban/events';
import { anInstance, recorded } from '@thuban/testing';
import fc from 'fast-check';
import { createMesh, evolveMesh, type Mesh } from './index.js';

const branch = (namespace: string, ...services: readonly string[]): RouteBranch => ({
  name: '',
  sources: [],
  destinations: services.map((service) => ({
    namespace,
    service,
    name: '',
    labels: {},
    priority: 0,
    weight: 100,
    isolated: false,
    transfer: '',
  })),
});
const aRule = (id: string, given: Partial<RouteRule> = {}): RouteRule => ({
  id,
  namespace: 'default',
  name: `name of ${id}`,
  description: '',
  enabled: true,
  priority: 0,
  metadata: {},
  branches: [branch('default', 'echo')],
  ...given,
});
const put = (id: string, given: Partial<RouteRule> = {}): RulesEvent => ({
  type: 'RouteRuleChanged',
  data: aRule(id, given),
});
const deleted = (id: string): RulesEvent => ({ type: 'RouteRuleDeleted', data: { id } });
const routing = (service: string, inbounds: readonly RouteBranch[] = [branch('default', service)]): RulesEvent => ({
  type: 'ServiceRoutingChanged',
  data: { namespace: 'default', service, inbounds, outbounds: [] },
});
const routingDeleted = (service: string): RulesEvent => ({
  type: 'ServiceRoutingDeleted',
  data: { namespace: 'default', service },
});
const registered = (service = 'echo', namespace = 'default'): RegistryEvent => ({
  type: 'InstanceRegistered',
  data: anInstance({ service, namespace }),
});
const serviceDeleted = (name: string): RegistryEvent => ({
  type: 'ServiceDeleted',
  data: { namespace: 'default', name },
});

/** The rules log has one shard. */
const ofRulesLog = (events: readonly RulesEvent[]): readonly Recorded<RulesEvent>[] =>
  events.map((event, i) => ({
    ...event,
    shard: 0,
    seq: i + 1,
    stream: '',
    meta: { actor: 'test', requestId: '' },
    timeMs: (i + 1) * 1000,
    commitId: '',
    hash: '',
  }));

const meshOf = (registry: readonly RegistryEvent[], ...rules: readonly RulesEvent[]) => {
  const mesh = createMesh();
  recorded(registry).forEach((event) => evolveMesh(mesh, event));
  return { mesh, changes: ofRulesLog(rules).map((event) => evolveMesh(mesh, event)) };
};
const ids = (mesh: Mesh, service = 'echo', namespace = 'default') =>
  mesh.routesInto(namespace, service).map(({ form, id }) => id || form);

describe('rules of a mesh', () => {
  it('the most exact first, a routing of the first form after the rules that name its service, then priority, then id', () => {
    const all = (id: string, namespace: string, given: Partial<RouteRule> = {}) =>
      put(id, { ...given, branches: [branch(namespace, '*')] });
    const { mesh } = meshOf(
      [],
      all('everywhere', '*'),
      all('namespace', 'default'),
      routing('echo'),
      put('b', { priority: 1 }),
      put('c', { priority: 1 }),
      put('a', { priority: 2 }),
      put('off', { enabled: false }),
      put('stranger', { branches: [branch('other', 'echo')] }),
    );
    expect(ids(mesh)).toEqual(['b', 'c', 'a', 'service-routing', 'namespace', 'everywhere']);
    expect([...mesh.routeRules()].map(({ id }) => id)).toContain('off');
  });

  it('a branch keeps the destinations of the service only, and is left out when there are none', () => {
    const { mesh } = meshOf(
      [],
      put('r', { branches: [branch('default', 'other'), branch('default', 'other', 'echo')] }),
    );
    expect(mesh.routesInto('default', 'echo').map((route) => route.branch.destinations.map((d) => d.service))).toEqual([
      ['echo'],
    ]);
  });

  it('tells the existing services that a rule was and is about', () => {
    const { changes } = meshOf(
      [registered('echo'), registered('other'), registered('elsewhere', 'b')],
      put('r'),
      put('r', { branches: [branch('default', 'other', 'missing')] }),
      put('r', { branches: [branch('*', '*')] }),
      deleted('r'),
      deleted('r'),
      put('later', { branches: [branch('default', 'missing')] }),
      routing('echo'),
      routingDeleted('echo'),
      routingDeleted('echo'),
    );
    expect(
      changes.map((all) =>
        all.flatMap((change) => (change.kind === 'routing' ? change.services.map((s) => s.name) : [])),
      ),
    ).toEqual([
      ['echo'],
      ['echo', 'other'],
      ['other', 'echo', 'elsewhere'],
      ['echo', 'other', 'elsewhere'],
      [],
      [],
      ['echo'],
      ['echo'],
      [],
    ]);
  });

  it('a disabled rule routes nothing, and disabling one touches its services', () => {
    const { mesh, changes } = meshOf([registered()], put('r'), put('r', { enabled: false }));
    expect(ids(mesh)).toEqual([]);
    expect(changes[1]).toEqual([{ kind: 'routing', services: [expect.objectContaining({ name: 'echo' })] }]);
  });

  it('rows of rules and the events behind them make the same mesh', () => {
    const { mesh } = meshOf([registered()], put('r'), routing('echo'));
    const loaded = createMesh({
      services: [{ namespace: 'default', name: 'echo', createdAtMs: 1000 }],
      aliases: [],
      instances: [anInstance()],
      routeRules: mesh.routeRules(),
      serviceRoutings: mesh.serviceRoutings(),
    });
    expect(loaded.routesInto('default', 'echo')).toEqual(mesh.routesInto('default', 'echo'));
  });

  const anyService = fc.constantFrom('a', 'b', 'c');
  const anyBranches = fc.array(
    fc
      .tuple(fc.constantFrom('default', 'x'), fc.array(fc.oneof(anyService, fc.constant('*')), { maxLength: 2 }))
      .map(([namespace, services]) => branch(namespace, ...services)),
    { maxLength: 3 },
  );
  const anyRulesEvent: fc.Arbitrary<RulesEvent> = fc.oneof(
    fc
      .tuple(fc.constantFrom('1', '2', '3'), fc.nat(2), fc.boolean(), anyBranches)
      .map(([id, priority, enabled, branches]) => put(id, { priority, enabled, branches })),
    fc.constantFrom('1', '2', '3').map(deleted),
    fc.tuple(anyService, anyBranches).map(([service, branches]) => routing(service, branches)),
    anyService.map(routingDeleted),
  );
  const anyRegistryEvent: fc.Arbitrary<RegistryEvent> = fc.oneof(
    anyService.map((service) => registered(service)),
    anyService.map((service) => registered(service, 'x')),
    anyService.map(serviceDeleted),
  );
  const portrait = (mesh: Mesh) =>
    ['default', 'x'].map((namespace) => ({
      names: mesh.namespace(namespace)?.byAge.map(({ name }) => name),
      routes: ['a', 'b', 'c'].map((service) => mesh.routesInto(namespace, service)),
    }));

  it('INV-5 the logs of registry and rules may be mixed in any way', () => {
    fc.assert(
      fc.property(
        fc.array(anyRegistryEvent, { maxLength: 20 }),
        fc.array(anyRulesEvent, { maxLength: 20 }),
        fc.infiniteStream(fc.boolean()),
        (registry, rules, picks) => {
          const straight = createMesh();
          const mixed = createMesh();
          const left: Recorded<RegistryEvent>[] = [...recorded(registry)];
          const right: Recorded<RulesEvent>[] = [...ofRulesLog(rules)];
          for (const event of [...left, ...right]) evolveMesh(straight, event);
          while (left.length + right.length > 0) {
            const event = (picks.next().value && left.length > 0) || right.length === 0 ? left.shift() : right.shift();
            evolveMesh(mixed, event!);
          }
          expect(portrait(mixed)).toEqual(portrait(straight));
        },
      ),
    );
  });

  it('a service whose routes changed is told', () => {
    fc.assert(
      fc.property(fc.array(anyRulesEvent, { maxLength: 20 }), (rules) => {
        const { mesh } = meshOf(['a', 'b', 'c'].map((service) => registered(service)));
        for (const event of ofRulesLog(rules)) {
          const before = new Map(['a', 'b', 'c'].map((name) => [name, mesh.routesInto('default', name)]));
          const told = evolveMesh(mesh, event).flatMap((change) =>
            change.kind === 'routing' ? change.services.map(({ name }) => name) : [],
          );
          for (const [name, routes] of before)
            if (!told.includes(name)) expect(mesh.routesInto('default', name)).toEqual(routes);
        }
      }),
    );
  });
});
