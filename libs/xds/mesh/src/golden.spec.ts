import type { Recorded } from '@thuban/event-sourcing';
import type { RegistryEvent } from '@thuban/events';
import { goldenEvents } from '@thuban/testing';
import { createMesh, evolveMesh } from './evolve-mesh.js';

const EVENTS = goldenEvents<RegistryEvent>('registry');
const PROXIES_SEE: readonly RegistryEvent['type'][] = [
  'ServiceCreated',
  'AliasCreated',
  'InstanceRegistered',
  'InstanceChanged',
  'InstanceDeregistered',
  'AliasDeleted',
  'ServiceDeleted',
];

describe('golden events', () => {
  it('all fold into a mesh, each alone', () => {
    for (const event of EVENTS) expect(() => evolveMesh(createMesh(), event)).not.toThrow();
  });

  it('tell proxies of what they see, from the beginning of a thing to its end', () => {
    const mesh = createMesh();
    const inOrder = PROXIES_SEE.flatMap((type): readonly Recorded<RegistryEvent>[] =>
      EVENTS.filter((event) => event.type === type),
    );
    expect(new Set(inOrder.map(({ type }) => type)).size).toBe(PROXIES_SEE.length);
    for (const event of inOrder) expect([event.type, evolveMesh(mesh, event).length > 0]).toEqual([event.type, true]);
  });
});
