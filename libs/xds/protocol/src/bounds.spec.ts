import { memorySource } from '@thuban/testing';
import { subscribedNames } from './stream.js';
import { dialogue } from './fixtures/dialogue.js';

const TYPE_NOT_SERVED = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';

describe.each(['delta', 'sotw'] as const)('what a %s stream may hold', (mode) => {
  it('a name that is too long ends it, and is not taken in', () => {
    const client = dialogue(memorySource(), mode, { limits: { nameCharsMax: 10 } });
    const [fits, long] = ['x'.repeat(10), 'x'.repeat(11)];
    expect(client.say({ type: 'EDS', subscribe: [fits], names: [fits] }).exhausted).toBeUndefined();
    const { exhausted } = client.say({ type: 'EDS', subscribe: [long], names: [fits, long] });
    expect(exhausted).toMatch(/at most 10 characters/);
    expect(subscribedNames(client.stream)).toBe(1);
  });

  it('100,000 names that come and go leave nothing behind', () => {
    const source = memorySource();
    const client = dialogue(source, mode);
    for (let round = 0; round < 100; round++) {
      const all = Array.from({ length: 1000 }, (_, i) => `n-${round}-${i}`);
      source.put(['EDS', all[0]!, '1']);
      const [heard] = client.ask({ type: 'EDS', subscribe: all, names: all });
      client.nack(heard!, 'no', all);
      client.ask({ type: 'EDS', unsubscribe: all, nonce: client.stream.states.EDS!.nonceSent });
      source.put(['EDS', all[0]!]);
    }
    const { view, subscription, confirmed, dirty, refused, suspects } = client.stream.states.EDS!;
    expect(subscription.names.size + view.byName.size + view.published.size + view.outside.size).toBe(0);
    expect([confirmed?.size ?? 0, dirty?.size ?? 0, refused?.size ?? 0, suspects?.length ?? 0]).toEqual([0, 0, 0, 0]);
  });
});

it('R4: names of types that are not served count until they are answered', () => {
  const client = dialogue(memorySource(), 'delta', { limits: { namesMax: 3 } });
  const ask = (...subscribe: string[]) => client.say({ typeUrl: TYPE_NOT_SERVED, subscribe }).exhausted;
  expect([ask('a', 'b'), ask('c')]).toEqual([undefined, undefined]);
  expect(ask('d')).toMatch(/at most 3 names/);
  expect(client.hear()[0]!.removed).toEqual(['a', 'b', 'c']);
  expect(ask('d')).toBeUndefined();
});

it('what changes and nobody asks for is not looked up, or it would be encoded', () => {
  const source = memorySource();
  const looked: string[] = [];
  const watched = {
    ...source,
    get: (...asked: Parameters<typeof source.get>) => (looked.push(asked[2]), source.get(...asked)),
  };
  const client = dialogue(watched, 'delta');
  client.ask({ type: 'EDS', subscribe: ['a'] });
  looked.length = 0;
  source.put(['EDS', 'stranger', '1'], ['EDS', 'a', '1']);
  expect(looked).toEqual(['a']);
});
