import { memorySource } from '@thuban/testing';
import {
  createHub,
  createPushPress,
  openStream,
  PROTOCOL_LIMITS,
  receiveDelta,
  takeResponse,
  type AdsStream,
} from './index.js';
import { ENVOY } from './fixtures/dialogue.js';
import { TYPE_URL, type XdsType } from '@thuban/xds-snapshot';

/** A hub with a clock to be set, and streams that acknowledge everything at once. */
function start() {
  const source = memorySource();
  const touched: AdsStream[] = [];
  let nowMs = 1000;
  const hub = createHub(source, PROTOCOL_LIMITS, (stream) => touched.push(stream));
  const press = createPushPress('test');
  source.onChange((changes) => void hub.changed(changes, nowMs));
  const say = (stream: AdsStream, type: XdsType, nonce: string, subscribe: readonly string[] = []) =>
    receiveDelta(
      stream,
      {
        typeUrl: TYPE_URL[type],
        responseNonce: nonce,
        resourceNamesSubscribe: subscribe,
        resourceNamesUnsubscribe: [],
        initialResourceVersions: {},
      },
      { nowMs, timeMs: nowMs },
    );
  const take = (stream: AdsStream): string[] => {
    const taken: string[] = [];
    for (let push = takeResponse(stream, press, nowMs); push; push = takeResponse(stream, press, nowMs)) {
      taken.push(`${push.type} ${push.items.map(({ name }) => name).join(' ')}`);
      say(stream, push.type!, push.nonce);
    }
    return taken;
  };
  const open = (type: XdsType, ...names: string[]) => {
    const stream = openStream(hub, 'delta', ENVOY);
    say(stream, type, '', names);
    take(stream);
    return stream;
  };
  return {
    source,
    hub,
    touched,
    say,
    take,
    open,
    at(ms: number) {
      nowMs = ms;
      return hub.publishDue(nowMs);
    },
  };
}

describe('changes of clusters, listeners and routes', () => {
  it('go out at once after quiet, with all of the same turn', () => {
    const { source, take, open } = start();
    const stream = open('CDS', '*');
    source.put(['CDS', 'a', '1']);
    source.put(['CDS', 'b', '1']);
    expect(take(stream)).toEqual(['CDS a b']);
  });

  it('are then collected until 20 ms nothing has changed', () => {
    const { source, hub, take, open, at } = start();
    const stream = open('CDS', '*');
    source.put(['CDS', 'a', '1']);
    expect(take(stream)).toEqual(['CDS a']);
    hub.endTurn();
    at(1005);
    source.put(['CDS', 'a', '2']);
    at(1015);
    source.put(['CDS', 'b', '1']);
    expect(at(1034)).toBe(1035);
    expect(take(stream)).toEqual([]);
    expect(at(1035)).toBeUndefined();
    expect(take(stream)).toEqual(['CDS a b']);
    hub.endTurn();
    at(1055);
    source.put(['CDS', 'a', '3']);
    expect(take(stream)).toEqual(['CDS a']); // quiet again: a leading edge
  });

  it('wait no longer than a second, however often there is another', () => {
    const { source, hub, take, open, at } = start();
    const stream = open('CDS', '*');
    const published: number[] = [];
    for (let ms = 1000; ms <= 3000; ms += 10) {
      at(ms);
      source.put(['CDS', 'a', `${ms}`]);
      hub.endTurn();
      if (take(stream).length > 0) published.push(ms);
    }
    expect(published).toEqual([1000, 2000, 3000]);
  });

  it('that cancel out are not sent', () => {
    const { source, hub, take, open, at, touched } = start();
    source.put(['CDS', 'a', '1']);
    const stream = open('CDS', '*');
    hub.endTurn();
    at(1001);
    source.put(['CDS', 'a', '2'], ['CDS', 'a', '1']);
    at(1100);
    expect([take(stream), touched]).toEqual([[], []]);
  });

  it('are not kept from somebody who asks for just that name', () => {
    const { source, hub, take, open, say, at } = start();
    const other = open('CDS', '*');
    source.put(['CDS', 'a', '1']);
    expect(take(other)).toEqual(['CDS a']);
    hub.endTurn();
    at(1001);
    source.put(['CDS', 'new', '1'], ['CDS', 'a', '2']);
    const stream = open('CDS', 'unrelated');
    say(stream, 'CDS', '', ['new']);
    expect(take(stream)).toEqual(['CDS new']);
    expect(take(other)).toEqual(['CDS new']);
    at(1100);
    expect(take(other)).toEqual(['CDS a']);
  });
});

it('changes of endpoints never wait', () => {
  const { source, hub, take, open } = start();
  const stream = open('EDS', 'a');
  for (const content of ['1', '2', '3']) {
    source.put(['EDS', 'a', content]);
    hub.endTurn();
    expect(take(stream)).toEqual(['EDS a']);
  }
});

describe('the index', () => {
  it('marks the subscribers of a changed name and nobody else', () => {
    const { source, hub, open, touched } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    const [a] = [open('EDS', 'a'), open('EDS', 'b'), open('CDS', '*')];
    source.put(['EDS', 'a', '2']);
    expect(touched).toEqual([a]);
    expect(hub.index.publish({ type: 'EDS', view: '', names: ['a', 'b', 'c'] }, 0, () => undefined)).toBe(0);
  });

  it('marks a stream once that asks by name and for all', () => {
    const { source, open, touched } = start();
    source.put(['CDS', 'a', '1']);
    open('CDS', '*', 'a');
    source.put(['CDS', 'a', '2']);
    expect(touched).toHaveLength(1);
  });

  it('keeps nothing of names that nobody asks for', () => {
    const { source, open, say, hub } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    const stream = open('EDS', 'a');
    const { view } = stream.states.EDS!;
    expect([...view.published.keys()]).toEqual(['a']);
    say(stream, 'EDS', '', ['b']);
    receiveDelta(
      stream,
      {
        typeUrl: TYPE_URL.EDS,
        responseNonce: '',
        resourceNamesSubscribe: [],
        resourceNamesUnsubscribe: ['a', 'b'],
        initialResourceVersions: {},
      },
      { nowMs: 0, timeMs: 0 },
    );
    source.put(['EDS', 'a', '2']);
    expect([view.published.size, view.byName.size, hub.source.get('EDS', '', 'a')?.name]).toEqual([0, 0, 'a']);
  });

  it('a client that is level costs nothing by name', () => {
    const { source, open, take } = start();
    source.put(...Array.from({ length: 100 }, (_, i) => ['CDS', `c${i}`, '1'] as const));
    const stream = open('CDS', '*');
    expect(stream.states.CDS).toMatchObject({ confirmed: undefined, dirty: undefined, pending: undefined });
    source.put(['CDS', 'c1', '2']);
    expect([...stream.states.CDS!.confirmed!.keys()]).toEqual(['c1']);
    take(stream);
    expect(stream.states.CDS!.confirmed).toBeUndefined();
  });
});
