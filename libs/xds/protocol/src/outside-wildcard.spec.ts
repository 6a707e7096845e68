import fc from 'fast-check';
import type { Recorded } from '@thuban/event-sourcing';
import type { RegistryEvent } from '@thuban/events';
import { createMesh } from '@thuban/xds-mesh';
import { clusterName, createResources } from '@thuban/xds-snapshot';
import { dialogue, type Dialogue, type Heard } from './fixtures/dialogue.js';
import type { Mode } from './index.js';

const OWN = clusterName('default', 'own');
const FOREIGN = clusterName('other', 'svc');

const service = (namespace: string, name: string): RegistryEvent => ({
  type: 'ServiceCreated',
  data: { namespace, name, metadata: {}, ports: '', business: '', department: '', comment: '', owners: '' },
});
const gone = (namespace: string, name: string): RegistryEvent => ({
  type: 'ServiceDeleted',
  data: { namespace, name },
});
const alias: RegistryEvent = {
  type: 'AliasCreated',
  data: { namespace: 'default', name: 'a', targetNamespace: 'other', targetService: 'svc', comment: '', owners: '' },
};
const aliasGone: RegistryEvent = { type: 'AliasDeleted', data: { namespace: 'default', name: 'a' } };

function start(mode: Mode, ...events: readonly RegistryEvent[]) {
  let seq = 0;
  const meta = { actor: 'test', requestId: '' };
  const record = (event: RegistryEvent): Recorded<RegistryEvent> => {
    seq++;
    return { ...event, seq, shard: 0, stream: '', meta, timeMs: seq, commitId: '', hash: '' };
  };
  const resources = createResources({ mesh: createMesh() });
  const apply = (...more: readonly RegistryEvent[]) => resources.apply(more.map(record));
  apply(...events);
  return { client: dialogue(resources, mode), apply };
}

const later = (client: Dialogue): Heard[] => {
  client.wait(50);
  return client.hear();
};
const names = (heard: readonly Heard[]) => heard.map(({ names, removed }) => [[...names].sort(), removed]);

describe('a cluster of another namespace, beside a delta wildcard', () => {
  const asked = { type: 'CDS', subscribe: ['*', FOREIGN] } as const;

  it('R29: is answered when it is asked for by name, also while others have the wildcard only', () => {
    const { client } = start('delta', service('default', 'own'), service('other', 'svc'));
    client.ack(client.ask({ type: 'CDS' })[0]!);
    expect(names(client.ask({ type: 'CDS', subscribe: [FOREIGN] }))).toEqual([[[FOREIGN], []]]);
  });

  it('R31, INV-12: its going and its coming are told', () => {
    const { client, apply } = start('delta', service('default', 'own'), service('other', 'svc'));
    const [first] = client.ask(asked);
    expect(names([first!])).toEqual([[[OWN, FOREIGN], []]]);
    client.ack(first!);
    apply(gone('other', 'svc'));
    const [removal] = later(client);
    expect(names([removal!])).toEqual([[[], [FOREIGN]]]);
    expect(client.ack(removal!)).toEqual([]);
    apply(service('other', 'svc'), service('other', 'stranger'));
    expect(names(later(client))).toEqual([[[FOREIGN], []]]);
  });

  it('R30: is removed when the name is unsubscribed', () => {
    const { client } = start('delta', service('default', 'own'), service('other', 'svc'));
    client.ack(client.ask(asked)[0]!);
    const [heard] = client.ask({ type: 'CDS', unsubscribe: [FOREIGN] });
    expect(names([heard!])).toEqual([[[], [FOREIGN]]]);
    expect(client.ack(heard!)).toEqual([]);
  });

  it('R28: is removed from a reconnecting client that has it and does not name it', () => {
    const { client } = start('delta', service('default', 'own'), service('other', 'svc'));
    expect(names(client.ask({ type: 'CDS', has: { [FOREIGN]: 'x' } }))).toEqual([[[OWN], [FOREIGN]]]);
  });

  it('stays for who named it when the last alias onto it goes', () => {
    const { client, apply } = start('delta', service('default', 'own'), service('other', 'svc'), alias);
    client.ack(client.ask(asked)[0]!);
    apply(aliasGone);
    expect(later(client)).toEqual([]);
  });
});

describe.each(['delta', 'sotw'] as const)('%s: the wildcard', (mode) => {
  it('R16, R44: follows an alias onto another namespace as it comes and goes', () => {
    const { client, apply } = start(mode, service('default', 'own'), service('other', 'svc'));
    client.ack(client.ask({ type: 'CDS' })[0]!);
    apply(alias);
    const [added] = later(client);
    expect(names([added!])).toEqual([[mode === 'delta' ? [FOREIGN] : [OWN, FOREIGN], []]]);
    client.ack(added!);
    client.wait(50);
    apply(aliasGone);
    const [removed] = later(client);
    expect(names([removed!])).toEqual([mode === 'delta' ? [[], [FOREIGN]] : [[OWN], []]]);
    expect(client.ack(removed!)).toEqual([]);
  });
});

describe('a SotW list of * and a cluster of another namespace', () => {
  const all = ['*', FOREIGN];

  it('R16, R20: holds it, loses it when it goes, and gets it back', () => {
    const { client, apply } = start('sotw', service('default', 'own'), service('other', 'svc'));
    const [first] = client.ask({ type: 'CDS', names: all });
    expect(names([first!])).toEqual([[[OWN, FOREIGN], []]]);
    client.ack(first!, all);
    apply(gone('other', 'svc'));
    const [without] = later(client);
    expect(names([without!])).toEqual([[[OWN], []]]);
    client.ack(without!, all);
    client.wait(50);
    apply(service('other', 'svc'));
    expect(names(later(client))).toEqual([[[OWN, FOREIGN], []]]);
  });

  it('R20: is sent without it when the name is dropped', () => {
    const { client } = start('sotw', service('default', 'own'), service('other', 'svc'));
    const [first] = client.ask({ type: 'CDS', names: all });
    const [next] = client.ack(first!, ['*']);
    expect(names([next!])).toEqual([[[OWN], []]]);
    expect(client.ack(next!, ['*'])).toEqual([]);
  });
});

const STEPS = ['service', 'alias', 'name', 'star', 'exchange', 'wait'] as const;

/** A client that accepts all and keeps what it asks for; a step turns something on that is off, or off that is on. */
function toggling(mode: Mode) {
  const on = { service: false, alias: false, name: false, star: true };
  const { client, apply } = start(mode, service('default', 'own'));
  const held = new Set<string>();
  const list = () => [...(on.star ? ['*'] : []), ...(on.name ? [FOREIGN] : [])];
  const take = ({ names, removed }: Heard) => {
    if (mode === 'sotw') held.clear();
    for (const name of names) if (on.star || (on.name && name === FOREIGN)) held.add(name);
    for (const name of removed) held.delete(name);
  };
  client.say({ type: 'CDS', subscribe: ['*'], names: ['*'] });
  const exchange = () => {
    for (let heard = client.hear(); heard.length > 0; heard = client.ack(heard[0]!, list())) take(heard[0]!);
  };
  const ask = (name: string, wanted: boolean) => {
    const nonce = mode === 'sotw' ? client.stream.states.CDS!.nonceSent : '';
    const change = wanted ? { subscribe: [name] } : { unsubscribe: [name] };
    client.say({ type: 'CDS', names: list(), nonce, ...change });
    if (!on.star) for (const kept of held) if (!(on.name && kept === FOREIGN)) held.delete(kept);
  };
  const step = (what: (typeof STEPS)[number]) => {
    if (what === 'exchange') return exchange();
    if (what === 'wait') return client.wait(30);
    if (what === 'name' || what === 'star') exchange(); // its request would acknowledge what is on its way
    on[what] = !on[what];
    if (what === 'service') apply(on.service ? service('other', 'svc') : gone('other', 'svc'));
    if (what === 'alias') apply(on.alias ? alias : aliasGone);
    if (what === 'name') ask(FOREIGN, on.name);
    if (what === 'star') ask('*', on.star);
  };
  const settle = () => {
    for (let round = 0; round < 10; round++) {
      client.wait(1000);
      exchange();
    }
  };
  const expected = () => [
    ...(on.star ? [OWN] : []),
    ...(on.service && (on.name || (on.star && on.alias)) ? [FOREIGN] : []),
  ];
  return { step, settle, held, expected };
}

it.each(['delta', 'sotw'] as const)('INV-10: %s: services, aliases and subscriptions in any order converge', (mode) =>
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STEPS), { maxLength: 40, size: 'max' }), (steps) => {
      const { step, settle, held, expected } = toggling(mode);
      steps.forEach(step);
      settle();
      expect([...held].sort()).toEqual(expected());
    }),
    { numRuns: 300 },
  ),
);
