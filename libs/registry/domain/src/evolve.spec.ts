import fc from 'fast-check';
import { REGISTRY_SHARDS, shardOf, type Alias, type Instance, type RegistryEvent } from '@thuban/events';
import { foldInto, overlayOn, type Recorded } from '@thuban/event-sourcing';
import type { RegistryCommand } from './commands.js';
import { decide } from './decide.js';
import { evolve, undescribedNamespace, undescribedService } from './evolve.js';
import { aliasTargetKey } from './keys.js';
import { findInstance, findInstanceId, findNamespace, findService } from './lookup.js';
import { createRegistryState } from './registry-state.js';
import type { RegistryState } from './state.js';

const NAMES = ['a', 'b', 'c'];
const IDS = ['i-1', 'i-2'];
const someName = fc.constantFrom(...NAMES);
const someInstance = fc
  .record({ namespace: someName, service: someName, id: fc.constantFrom(...IDS), weight: fc.nat(1) })
  .map((with_): Instance => ({ ...INSTANCE, ...with_ }));
const someService = fc.tuple(someName, someName).map(([namespace, name]) => undescribedService(namespace, name));
const someAlias = fc
  .record({ namespace: someName, name: someName, targetNamespace: someName, targetService: someName })
  .map((with_): Alias => ({ comment: '', owners: '', ...with_ }));

const INSTANCE: Instance = {
  id: 'i-1',
  namespace: 'a',
  service: 'a',
  vpcId: '',
  host: '127.0.0.1',
  port: 80,
  protocol: '',
  version: '',
  logicSet: '',
  priority: 0,
  weight: 100,
  healthy: true,
  isolated: false,
  location: { region: '', zone: '', campus: '' },
  metadata: {},
};

/** Any event about anything, also such as `decide` would never decide. */
const someEvent: fc.Arbitrary<RegistryEvent> = fc.oneof(
  someName.map((name): RegistryEvent => ({ type: 'NamespaceCreated', data: undescribedNamespace(name) })),
  someName.map((name): RegistryEvent => ({
    type: 'NamespaceChanged',
    data: { ...undescribedNamespace(name), comment: '1' },
  })),
  someName.map((name): RegistryEvent => ({ type: 'NamespaceDeleted', data: { name } })),
  someService.map((data): RegistryEvent => ({ type: 'ServiceCreated', data })),
  someService.map((data): RegistryEvent => ({ type: 'ServiceChanged', data: { ...data, comment: '1' } })),
  someService.map(({ namespace, name }): RegistryEvent => ({ type: 'ServiceDeleted', data: { namespace, name } })),
  someAlias.map((data): RegistryEvent => ({ type: 'AliasCreated', data })),
  someAlias.map(({ namespace, name }): RegistryEvent => ({ type: 'AliasDeleted', data: { namespace, name } })),
  someInstance.map((data): RegistryEvent => ({ type: 'InstanceRegistered', data })),
  someInstance.map((data): RegistryEvent => ({ type: 'InstanceChanged', data })),
  someInstance.map(({ namespace, service, id }): RegistryEvent => ({
    type: 'InstanceDeregistered',
    data: { namespace, service, id },
  })),
);

const someCommand: fc.Arbitrary<RegistryCommand> = fc.oneof(
  someName.map((name): RegistryCommand => ({
    type: 'CreateNamespace',
    namespace: undescribedNamespace(name),
    ifAbsent: true,
  })),
  someName.map((name): RegistryCommand => ({ type: 'DeleteNamespace', name })),
  someService.map((service): RegistryCommand => ({ type: 'CreateService', service })),
  someService.map(({ namespace, name }): RegistryCommand => ({ type: 'DeleteService', namespace, name })),
  someAlias.map((alias): RegistryCommand => ({ type: 'CreateAlias', alias })),
  someAlias.map(({ namespace, name }): RegistryCommand => ({ type: 'DeleteAlias', namespace, name })),
  someInstance.map((instance): RegistryCommand => ({ type: 'RegisterInstance', instance })),
  someInstance.map((ref): RegistryCommand => ({ type: 'ChangeInstance', ref, changes: { weight: 5 } })),
  someInstance.map(({ namespace, service, id }): RegistryCommand => ({
    type: 'DeregisterInstance',
    ref: { namespace, service, id },
  })),
);

const shardKey = (event: RegistryEvent): string => {
  if ('service' in event.data) return `${event.data.namespace}/${event.data.service}`;
  return 'namespace' in event.data ? `${event.data.namespace}/${event.data.name}` : event.data.name;
};

/** Gives every event its shard, a dense seq there and a time. */
const record = (events: readonly RegistryEvent[]): Recorded<RegistryEvent>[] => {
  const tips = new Map<number, number>();
  return events.map((event, i) => {
    const shard = shardOf(shardKey(event), REGISTRY_SHARDS);
    const seq = (tips.get(shard) ?? 0) + 1;
    tips.set(shard, seq);
    return { ...event, shard, seq, timeMs: 1000 + i } as Recorded<RegistryEvent>;
  });
};

const foldOf = (events: readonly Recorded<RegistryEvent>[]): RegistryState => {
  const state = createRegistryState();
  foldInto(state, evolve, events);
  return state;
};

/** All that a state says. */
const contentOf = (state: RegistryState) => ({
  namespaces: state.namespaces(),
  services: state.services(),
  aliases: state.aliases(),
  instances: NAMES.flatMap((namespace) => NAMES.flatMap((service) => state.instances(namespace, service))),
  ids: IDS.map((id) => findInstanceId(state, id)),
  targets: NAMES.flatMap((namespace) => NAMES.map((service) => state.get(aliasTargetKey(namespace, service)))),
  counts: state.counts(),
});

/** Another interleaving of the same shards: picks the next shard to read by the given numbers. */
const interleaved = (
  events: readonly Recorded<RegistryEvent>[],
  picks: readonly number[],
): Recorded<RegistryEvent>[] => {
  const shards = new Map<number, Recorded<RegistryEvent>[]>();
  for (const event of events) shards.set(event.shard, [...(shards.get(event.shard) ?? []), event]);
  const queues = [...shards.values()];
  return events.map((_, i) => {
    const waiting = queues.filter((queue) => queue.length > 0);
    return waiting[(picks[i] ?? i) % waiting.length]!.shift()!;
  });
};

/** What a run of commands leaves in the log. */
const runOf = (commands: readonly RegistryCommand[]): Recorded<RegistryEvent>[] => {
  const state = createRegistryState();
  const tips = new Map<number, number>();
  return commands.flatMap((command, i) => {
    try {
      return decide(command, state).map(({ event, shard }) => {
        const seq = (tips.get(shard) ?? 0) + 1;
        tips.set(shard, seq);
        const recorded = { ...event, shard, seq, timeMs: 1000 + i } as Recorded<RegistryEvent>;
        foldInto(state, evolve, [recorded]);
        return recorded;
      });
    } catch {
      return [];
    }
  });
};

describe('the fold of the registry log', () => {
  it('is the same for every interleaving of the shards (INV-5)', () => {
    fc.assert(
      fc.property(
        fc.array(someEvent, { maxLength: 60 }),
        fc.array(fc.nat(100), { minLength: 60, maxLength: 60 }),
        (events, picks) => {
          const recorded = record(events);
          expect(contentOf(foldOf(interleaved(recorded, picks)))).toEqual(contentOf(foldOf(recorded)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is the same however the events are cut into batches that go through overlays (INV-5)', () => {
    fc.assert(
      fc.property(
        fc.array(someEvent, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (events, sizes) => {
          const recorded = record(events);
          const state = createRegistryState();
          for (let at = 0, i = 0; at < recorded.length; at += sizes[i++ % sizes.length]!) {
            const overlay = overlayOn(state);
            foldInto(overlay, evolve, recorded.slice(at, at + sizes[i % sizes.length]!));
            overlay.mergeInto(state);
          }
          expect(contentOf(state)).toEqual(contentOf(foldOf(recorded)));
        },
      ),
    );
  });

  it('counts what it lists, and lists in code-unit order', () => {
    fc.assert(
      fc.property(fc.array(someEvent, { maxLength: 80 }), (events) => {
        const state = foldOf(record(events));
        const services = state.services();
        for (const { service, instances } of services)
          expect(state.instances(service.namespace, service.name)).toHaveLength(instances);
        for (const { service, aliases } of services)
          expect(
            state
              .aliases()
              .filter(
                ({ alias }) => alias.targetNamespace === service.namespace && alias.targetService === service.name,
              ),
          ).toHaveLength(aliases);
        for (const { namespace, services: count, aliases } of state.namespaces()) {
          expect(state.services(namespace.name)).toHaveLength(count);
          expect(state.aliases(namespace.name)).toHaveLength(aliases);
        }
        const names = services.map(({ service }) => `${service.namespace}/${service.name}`);
        expect(names).toEqual([...names].sort());
        expect(state.counts()).toEqual({
          namespaces: state.namespaces().length,
          services: services.length,
          aliases: state.aliases().length,
          instances: services.reduce((sum, { instances }) => sum + instances, 0),
        });
      }),
    );
  });

  it('never lets a deregistered instance come back without a registration (INV-2)', () => {
    fc.assert(
      fc.property(fc.array(someEvent, { maxLength: 60 }), (events) => {
        const last = new Map<string, string>();
        for (const { type, data } of events)
          if (type === 'InstanceRegistered' || type === 'InstanceDeregistered')
            last.set(`${data.namespace}/${data.service}/${data.id}`, type);
        const state = foldOf(record(events));
        for (const namespace of NAMES)
          for (const service of NAMES)
            for (const id of IDS) {
              const there = findInstance(state, namespace, service, id) !== undefined;
              expect(there).toBe(last.get(`${namespace}/${service}/${id}`) === 'InstanceRegistered');
            }
      }),
    );
  });

  it('of decided events keeps every service in a namespace and no alias on a service name', () => {
    fc.assert(
      fc.property(fc.array(someCommand, { maxLength: 60 }), (commands) => {
        const state = foldOf(runOf(commands));
        for (const { service, implied } of state.services()) {
          expect(findNamespace(state, service.namespace)).toBeDefined();
          expect(implied).toBe(false);
        }
        for (const { alias } of state.aliases()) {
          expect(findService(state, alias.namespace, alias.name)).toBeUndefined();
          expect(findService(state, alias.targetNamespace, alias.targetService)).toBeDefined();
        }
      }),
    );
  });
});

describe('a registration', () => {
  const [first, second, changed, gone] = record([
    { type: 'InstanceRegistered', data: INSTANCE },
    { type: 'InstanceRegistered', data: { ...INSTANCE, weight: 1 } },
    { type: 'InstanceChanged', data: { ...INSTANCE, weight: 2 } },
    { type: 'InstanceDeregistered', data: { namespace: 'a', service: 'a', id: 'i-1' } },
  ]) as [Recorded<RegistryEvent>, Recorded<RegistryEvent>, Recorded<RegistryEvent>, Recorded<RegistryEvent>];

  it('implies its service and namespace', () => {
    const state = foldOf([first]);
    expect(findService(state, 'a', 'a')).toMatchObject({
      instances: 1,
      implied: true,
      touchedSeq: 1,
      createdAtMs: 1000,
    });
    expect(findNamespace(state, 'a')).toMatchObject({ services: 1, implied: true, createdAtMs: 0 });
  });
  it('starts an incarnation, a change keeps it', () => {
    const state = foldOf([first, second, changed]);
    expect(findInstance(state, 'a', 'a', 'i-1')).toMatchObject({
      incarnation: 2,
      seq: 3,
      registeredAtMs: 1001,
      changedAtMs: 1002,
    });
    expect(findService(state, 'a', 'a')).toMatchObject({ instances: 1, touchedSeq: 3, changedAtMs: 1000 });
  });
  it('that is taken back touches the service and leaves it empty', () => {
    const state = foldOf([first, second, changed, gone]);
    expect(findService(state, 'a', 'a')).toMatchObject({ instances: 0, touchedSeq: 4 });
    expect(state.instances('a', 'a')).toEqual([]);
    expect(findInstanceId(state, 'i-1')).toBeUndefined();
  });
});

describe('listings', () => {
  it('stay the same array until something of theirs changes', () => {
    const state = foldOf(record([{ type: 'InstanceRegistered', data: INSTANCE }]));
    const before = state.instances('a', 'a');
    expect(state.instances('a', 'a')).toBe(before);
    foldInto(state, evolve, record([{ type: 'InstanceRegistered', data: { ...INSTANCE, id: 'i-0' } }]));
    expect(state.instances('a', 'a').map(({ instance }) => instance.id)).toEqual(['i-0', 'i-1']);
    expect(before.map(({ instance }) => instance.id)).toEqual(['i-1']);
  });
});
