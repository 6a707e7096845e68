import type { RegistryEvent } from '@thuban/events';
import fc from 'fast-check';
import { anInstance, recorded } from '@thuban/testing';
import { createMesh, evolveMesh, type Mesh, type MeshName } from './index.js';

const service = (name: string, namespace = 'default') => ({
  namespace,
  name,
  metadata: {},
  ports: '',
  business: '',
  department: '',
  comment: '',
  owners: '',
});
const alias = (name: string, targetService: string, targetNamespace = 'default') => ({
  namespace: 'default',
  name,
  targetNamespace,
  targetService,
  comment: '',
  owners: '',
});
const created = (name: string): RegistryEvent => ({ type: 'ServiceCreated', data: service(name) });
const registered = (given: Parameters<typeof anInstance>[0] = {}): RegistryEvent => ({
  type: 'InstanceRegistered',
  data: anInstance(given),
});

/** Folds events and keeps what the last one changed, in short. */
const fold = (...events: readonly RegistryEvent[]) => {
  const mesh = createMesh();
  const changes = recorded(events).map((event) => evolveMesh(mesh, event));
  return { mesh, last: changes.at(-1)! };
};
const short = (names: readonly MeshName[] = []) => names.map(({ kind, name }) => `${kind} ${name}`);
const portrait = (mesh: Mesh) =>
  [...mesh.namespaces()].sort().map((namespace) => ({
    namespace,
    names: mesh
      .namespace(namespace)!
      .byAge.map((name) =>
        name.kind === 'service'
          ? { ...name, endpoints: [...name.endpoints.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) }
          : name,
      ),
  }));

describe('evolveMesh', () => {
  it('a registered instance implies its service', () => {
    const { mesh, last } = fold(registered());
    expect(last.map(({ kind }) => kind)).toEqual(['service', 'endpoint']);
    expect(mesh.service('default', 'echo')).toMatchObject({ name: 'echo', createdAtMs: 1000 });
  });

  it('keeps the object of the event as the endpoint, without a copy', () => {
    const instance = anInstance();
    const { mesh } = fold({ type: 'InstanceRegistered', data: instance });
    expect(mesh.service('default', 'echo')!.endpoints.get('i-1')).toBe(instance);
  });

  it('a service that is created again later is younger than it was', () => {
    const events = [
      created('echo'),
      created('other'),
      { type: 'ServiceDeleted', data: service('echo') },
      created('echo'),
    ] as const;
    expect(short(fold(...events).mesh.namespace('default')!.byAge)).toEqual(['service other', 'service echo']);
  });

  it('a service stays as old as it was when it changes or its last instance goes', () => {
    const { mesh, last } = fold(
      registered(),
      { type: 'ServiceChanged', data: service('echo') },
      { type: 'InstanceDeregistered', data: { namespace: 'default', service: 'echo', id: 'i-1' } },
    );
    expect(mesh.service('default', 'echo')).toMatchObject({ createdAtMs: 1000 });
    expect(last).toEqual([expect.objectContaining({ kind: 'endpoint', before: anInstance() })]);
  });

  it.each<[string, RegistryEvent]>([
    [
      'an unknown instance goes',
      { type: 'InstanceDeregistered', data: { namespace: 'default', service: 'echo', id: 'x' } },
    ],
    ['an unknown service goes', { type: 'ServiceDeleted', data: { namespace: 'default', name: 'x' } }],
    ['an unknown alias goes', { type: 'AliasDeleted', data: { namespace: 'default', name: 'x' } }],
    ['a namespace comes', { type: 'NamespaceCreated', data: { name: 'x', comment: '', owners: '', metadata: {} } }],
  ])('%s: nothing changes', (_, event) => {
    const { mesh, last } = fold(event);
    expect(last).toEqual([]);
    expect([...mesh.namespaces()]).toEqual([]);
  });

  it('an alias may come before its target, and knows it by name', () => {
    const { mesh } = fold({ type: 'AliasCreated', data: alias('second', 'echo') });
    expect([...mesh.aliasesOf('default', 'echo')]).toEqual([expect.objectContaining({ name: 'second' })]);
    expect(mesh.service('default', 'echo')).toBeUndefined();
  });

  it('a namespace without names is forgotten', () => {
    const { mesh } = fold(created('echo'), { type: 'ServiceDeleted', data: service('echo') });
    expect([...mesh.namespaces()]).toEqual([]);
  });

  it('takes names that only differ in where the slash is for different ones', () => {
    const { mesh } = fold(
      { type: 'ServiceCreated', data: service('b/c', 'a') },
      { type: 'ServiceCreated', data: service('c', 'a/b') },
    );
    expect([...mesh.namespaces()]).toEqual(['a', 'a/b']);
  });

  it('rows of a checkpoint and the events up to it make the same mesh', () => {
    const events = [registered(), registered({ id: 'i-2', host: '10.0.0.2' }), created('other')] as const;
    const { mesh } = fold(...events, { type: 'AliasCreated', data: alias('second', 'echo') });
    const loaded = createMesh({
      services: [
        { namespace: 'default', name: 'echo', createdAtMs: 1000 },
        { namespace: 'default', name: 'other', createdAtMs: 3000 },
      ],
      aliases: [
        { namespace: 'default', name: 'second', targetNamespace: 'default', targetService: 'echo', createdAtMs: 4000 },
      ],
      instances: [anInstance(), anInstance({ id: 'i-2', host: '10.0.0.2' })],
    });
    expect(portrait(loaded)).toEqual(portrait(mesh));
  });

  const anyName = fc.constantFrom('a', 'b', 'c', 'd');
  const anyEvent: fc.Arbitrary<RegistryEvent> = fc.oneof(
    anyName.map(created),
    anyName.map((name): RegistryEvent => ({ type: 'ServiceDeleted', data: service(name) })),
    fc
      .tuple(anyName, anyName)
      .map(([name, target]): RegistryEvent => ({ type: 'AliasCreated', data: alias(`${name}2`, target) })),
    anyName.map((name): RegistryEvent => ({ type: 'AliasDeleted', data: alias(`${name}2`, name) })),
    fc
      .tuple(anyName, fc.nat(2), fc.nat(2))
      .map(([name, id, weight]) => registered({ service: name, id: `${id}`, weight })),
    fc.tuple(anyName, fc.nat(2)).map(([name, id]): RegistryEvent => ({
      type: 'InstanceDeregistered',
      data: { namespace: 'default', service: name, id: `${id}` },
    })),
  );

  it('shards may come in any order between each other', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.infiniteStream(fc.nat(31)), (events, order) => {
        const straight = createMesh();
        const shuffled = createMesh();
        const history = recorded(events);
        history.forEach((event) => evolveMesh(straight, event));
        const rest = new Map<number, (typeof history)[number][]>();
        for (const event of history) rest.set(event.shard, [...(rest.get(event.shard) ?? []), event]);
        while (rest.size > 0) {
          const shard = [...rest.keys()][order.next().value % rest.size]!;
          const [next, ...later] = rest.get(shard)!;
          evolveMesh(shuffled, next!);
          if (later.length > 0) rest.set(shard, later);
          else rest.delete(shard);
        }
        expect(portrait(shuffled)).toEqual(portrait(straight));
      }),
    );
  });

  it('what it reports is what changed', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 30 }), (events) => {
        const mesh = createMesh();
        for (const event of recorded(events)) {
          const before = portrait(mesh);
          const changes = evolveMesh(mesh, event);
          if (changes.length === 0) expect(portrait(mesh)).toEqual(before);
          for (const change of changes) {
            if (change.kind === 'service')
              expect(mesh.service('default', change.service.name) !== undefined).toBe(change.present);
            if (change.kind === 'endpoint')
              expect(change.service.endpoints.get((change.after ?? change.before)!.id)).toBe(change.after);
          }
        }
      }),
    );
  });
});
