import { foldInto, type Recorded } from '@thuban/event-sourcing';
import type { RegistryEvent } from '@thuban/events';
import { goldenEvents } from '@thuban/testing';
import { evolve } from './evolve.js';
import { findAlias, findInstance, findNamespace, findService } from './lookup.js';
import { createRegistryState } from './registry-state.js';
import type { RegistryState } from './state.js';

const EVENTS = goldenEvents<RegistryEvent>('registry');
const isEnd = ({ type }: RegistryEvent): boolean => /Deleted$|Deregistered$/.test(type);
const named = (events: readonly Recorded<RegistryEvent>[]) => events.map((event) => [event.type, event] as const);

/** What the state has where the event is about. */
const thingOf = (state: RegistryState, { type, data }: RegistryEvent): unknown => {
  switch (type) {
    case 'NamespaceCreated':
    case 'NamespaceChanged':
    case 'NamespaceDeleted':
      return findNamespace(state, data.name)?.namespace;
    case 'ServiceCreated':
    case 'ServiceChanged':
    case 'ServiceDeleted':
      return findService(state, data.namespace, data.name)?.service;
    case 'AliasCreated':
    case 'AliasDeleted':
      return findAlias(state, data.namespace, data.name)?.alias;
    case 'InstanceRegistered':
    case 'InstanceChanged':
    case 'InstanceDeregistered':
      return findInstance(state, data.namespace, data.service, data.id)?.instance;
  }
};

describe('golden events of the registry log', () => {
  const beginnings = EVENTS.filter((event) => /Created$|Registered$/.test(event.type));

  it.each(named(EVENTS.filter((event) => !isEnd(event))))('%s is folded as what it describes', (_, event) => {
    const state = createRegistryState();
    foldInto(state, evolve, [...beginnings, event]);
    expect(thingOf(state, event)).toEqual(event.data);
  });

  it.each(named(EVENTS.filter(isEnd)))('%s ends what it is about', (_, event) => {
    const state = createRegistryState();
    foldInto(
      state,
      evolve,
      beginnings.filter(({ stream }) => stream === event.stream),
    );
    expect(thingOf(state, event)).toBeDefined();
    foldInto(state, evolve, [event]);
    expect(thingOf(state, event)).toBeUndefined();
  });
});
