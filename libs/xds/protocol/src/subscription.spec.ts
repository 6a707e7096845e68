import { newSubscription, subscribeDelta, subscribeSotw } from './index.js';

const FIRST = { emptyMeansAll: true };

describe('a SotW list', () => {
  it('R19: empty from the start means everything, once a name was sent it means nothing', () => {
    const subscription = newSubscription();
    expect(subscribeSotw(subscription, [], true)).toMatchObject({ wildcardBegan: true });
    expect(subscription.wildcard).toBe('legacy');
    expect(subscribeSotw(subscription, [], true)).toMatchObject({ wildcardBegan: false, wildcardEnded: false });
    expect(subscribeSotw(subscription, ['a'], true)).toMatchObject({ asked: ['a'], wildcardEnded: true });
    expect(subscribeSotw(subscription, [], true)).toMatchObject({ dropped: ['a'], wildcardBegan: false });
    expect(subscription.wildcard).toBe('none');
  });

  it('R19: of endpoints or routes, or of a gRPC client, is never everything when empty', () => {
    const subscription = newSubscription();
    subscribeSotw(subscription, [], false);
    expect(subscription.wildcard).toBe('none');
  });

  it('R20: with * beside names keeps the names when * goes', () => {
    const subscription = newSubscription();
    expect(subscribeSotw(subscription, ['*', 'a'], true)).toMatchObject({ asked: ['a'], wildcardBegan: true });
    expect(subscribeSotw(subscription, ['a'], true)).toMatchObject({ asked: [], dropped: [], wildcardEnded: true });
    expect([...subscription.names]).toEqual(['a']);
  });

  it('R17: names what is new once, though the list names it twice', () => {
    const subscription = newSubscription();
    expect(subscribeSotw(subscription, ['a', 'b', 'a'], true).asked).toEqual(['a', 'b']);
    expect(subscribeSotw(subscription, ['c', 'b'], true)).toMatchObject({ asked: ['c'], dropped: ['a'] });
    expect(subscribeSotw(subscription, ['b', 'c'], true)).toMatchObject({ asked: [], dropped: [] });
  });
});

describe('a delta change', () => {
  it('R29: the first without names is a legacy wildcard, which names do not end', () => {
    const subscription = newSubscription();
    expect(subscribeDelta(subscription, [], [], FIRST)).toMatchObject({ wildcardBegan: true });
    expect(subscribeDelta(subscription, ['a'], [], undefined)).toMatchObject({ asked: ['a'], wildcardEnded: false });
    expect(subscribeDelta(subscription, [], ['a'], undefined)).toMatchObject({ dropped: ['a'], wildcardEnded: false });
    expect(subscribeDelta(subscription, [], ['*'], undefined)).toMatchObject({ wildcardEnded: true });
  });

  it('R29: a first message that names something is no wildcard, nor an empty one after it', () => {
    const subscription = newSubscription();
    expect(subscribeDelta(subscription, ['a'], [], FIRST)).toMatchObject({ wildcardBegan: false });
    expect(subscribeDelta(subscription, [], ['a'], undefined)).toMatchObject({ wildcardBegan: false });
    expect(subscription.wildcard).toBe('none');
  });

  it('R29: * subscribed and unsubscribed in the first message is subscribed to nothing', () => {
    const subscription = newSubscription();
    expect(subscribeDelta(subscription, ['*'], ['*'], FIRST)).toMatchObject({ asked: [], wildcardBegan: false });
    expect(subscription).toMatchObject({ wildcard: 'none' });
  });

  it('R25: subscribes first, then unsubscribes', () => {
    const subscription = newSubscription();
    subscribeDelta(subscription, ['a', 'b'], ['a'], FIRST);
    expect([...subscription.names]).toEqual(['b']);
  });

  it('R26: asks again for what is subscribed already', () => {
    const subscription = newSubscription();
    subscribeDelta(subscription, ['a'], [], FIRST);
    expect(subscribeDelta(subscription, ['a'], [], undefined).asked).toEqual(['a']);
    subscribeDelta(subscription, ['*'], [], undefined);
    expect(subscribeDelta(subscription, ['*'], [], undefined)).toMatchObject({ wildcardBegan: true });
  });

  it('R30: unsubscribing a stranger is nothing', () => {
    expect(subscribeDelta(newSubscription(), [], ['a'], FIRST)).toMatchObject({ dropped: [] });
  });
});
