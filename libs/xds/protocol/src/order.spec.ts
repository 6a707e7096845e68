import { memorySource } from '@thuban/testing';
import { dialogue, type Asked, type Dialogue, type Heard } from './fixtures/dialogue.js';

const names = (heard: readonly Heard[]) => heard.map(({ type, names, removed }) => [type, names, removed]);

/** A client that holds one cluster, its endpoints, and a route to it. */
function level(mode: 'delta' | 'sotw') {
  const source = memorySource();
  source.put(
    ['CDS', 'a', '1'],
    ['EDS', 'a', '1'],
    ['LDS', 'l', { content: '1', routes: ['r'] }],
    ['RDS', 'r', { content: '1', clusters: ['a'] }],
  );
  const client = dialogue(source, mode);
  const asked: Asked[] = [
    { type: 'CDS' },
    { type: 'EDS', subscribe: ['a'], names: ['a'] },
    { type: 'LDS' },
    { type: 'RDS', subscribe: ['r'], names: ['r'] },
  ];
  const lists = new Map(asked.map(({ type, names = [] }) => [type, names]));
  const ack = (heard: Heard, more: readonly string[] = []) =>
    client.ack(heard, [...(lists.get(heard.type) ?? []), ...more]);
  for (const what of asked) {
    const [heard] = client.ask(what);
    ack(heard!);
  }
  client.wait(100);
  return { source, client, ack };
}

const EVERYTHING_NEW = [
  ['RDS', 'r', { content: '2', clusters: ['a'] }],
  ['LDS', 'l', { content: '2', routes: ['r'] }],
  ['EDS', 'a', '2'],
  ['CDS', 'a', '2'],
] as const;

describe.each(['delta', 'sotw'] as const)('a %s stream', (mode) => {
  it('R42: sends clusters, endpoints, listeners, routes, whatever the order of the changes', () => {
    const { source, client } = level(mode);
    source.put(...EVERYTHING_NEW);
    expect(client.hear().map(({ type }) => type)).toEqual(['CDS', 'EDS', 'LDS', 'RDS']);
  });

  it('R43: holds a route until its new cluster is acknowledged and its endpoints are sent', () => {
    const { source, client, ack } = level(mode);
    source.put(['CDS', 'b', '1'], ['EDS', 'b', '1'], ['RDS', 'r', { content: '2', clusters: ['a', 'b'] }]);
    const [cds, ...rest] = client.hear();
    expect(cds!.names).toContain('b');
    expect(rest).toEqual([]);
    expect(ack(cds!)).toEqual([]); // endpoints have not been asked for yet
    const heard = client.ask({ type: 'EDS', subscribe: ['b'], names: ['a', 'b'] });
    expect(names(heard)).toEqual([
      ['EDS', ['b'], []],
      ['RDS', ['r'], []],
    ]);
  });

  it('R43: holds only the routes that name the new cluster', () => {
    const { source, client } = level(mode);
    source.put(['RDS', 'other', { content: '1', clusters: ['a'] }]);
    const [first] = client.ask({ type: 'RDS', subscribe: ['other'], names: ['r', 'other'] });
    client.ack(first!, ['r', 'other']);
    client.wait(100);
    source.put(
      ['CDS', 'b', '1'],
      ['RDS', 'r', { content: '2', clusters: ['b'] }],
      ['RDS', 'other', { content: '2', clusters: ['a'] }],
    );
    expect(client.hear().map(({ type, names }) => [type, names.includes('r')])).toEqual([
      ['CDS', false],
      ['RDS', false],
    ]);
  });

  it('R43: waits at most gateMsMax, and for the same cluster not again', () => {
    const { source, client } = level(mode);
    source.put(['CDS', 'b', '1'], ['RDS', 'r', { content: '2', clusters: ['b'] }]);
    const [cds] = client.hear();
    expect(client.stream.wakeAtMs).toBeDefined();
    client.wait(4_999);
    expect(client.hear()).toEqual([]);
    client.wait(1);
    const [rds] = client.hear();
    expect(names([rds!])).toEqual([['RDS', ['r'], []]]);
    expect(cds!.names).toContain('b');
    client.ack(rds!, ['r']);
    source.put(['RDS', 'r', { content: '3', clusters: ['b'] }]);
    expect(names(client.hear())).toEqual([['RDS', ['r'], []]]);
    expect(client.stream.wakeAtMs).toBeUndefined();
  });

  it('R43: gives a client that asks for routes alone its routes at once', () => {
    const source = memorySource();
    source.put(['CDS', 'a', '1'], ['RDS', 'r', { content: '1', clusters: ['a', 'no such cluster'] }]);
    const client = dialogue(source, mode);
    expect(names(client.ask({ type: 'RDS', subscribe: ['r'], names: ['r'] }))).toEqual([['RDS', ['r'], []]]);
  });

  it('R43: does not wait for a cluster that only changed', () => {
    const { source, client } = level(mode);
    source.put(['CDS', 'a', '2'], ['RDS', 'r', { content: '2', clusters: ['a'] }]);
    expect(client.hear().map(({ type }) => type)).toEqual(['CDS', 'EDS', 'RDS']);
  });

  it('R44: removes a cluster after the route that left it is acknowledged', () => {
    const { source, client, ack } = level(mode);
    source.put(['CDS', 'b', '1'], ['CDS', 'a'], ['EDS', 'a'], ['RDS', 'r', { content: '2', clusters: ['b'] }]);
    const [added, ...early] = client.hear();
    expect(added!.removed).toEqual([]);
    if (mode === 'sotw') expect(added!.names).toEqual(['b', 'a']); // a stays in the list as it was
    expect(early).toEqual([]);
    const [route, ...more] = ack(added!);
    expect(names([route!])).toEqual([['RDS', ['r'], []]]);
    expect(more).toEqual([]);
    const [removal, ...none] = ack(route!);
    expect(names([removal!])).toEqual(mode === 'delta' ? [['CDS', [], ['a']]] : [['CDS', ['b'], []]]);
    expect(none).toEqual([]); // R42: endpoints go after their cluster
    expect(names(ack(removal!))).toEqual([['EDS', [], ['a']]]);
  });

  it('R44: keeps the cluster no longer than gateMsMax for a route that is refused', () => {
    const { source, client } = level(mode);
    source.put(['CDS', 'a'], ['RDS', 'r', { content: '2', clusters: [] }]);
    const [route, ...early] = client.hear();
    expect([route!.type, early]).toEqual(['RDS', []]);
    expect(client.nack(route!, 'no', ['r'])).toEqual([]);
    client.wait(5_000);
    expect(client.hear()[0]).toMatchObject({ type: 'CDS', names: [], removed: mode === 'delta' ? ['a'] : [] });
  });

  it('R45, 4.3-5: sends the endpoints of a cluster that was sent again, though they are the same', () => {
    const { source, client } = level(mode);
    source.put(['CDS', 'a', '2']);
    expect(names(client.hear())).toEqual([
      ['CDS', ['a'], []],
      ['EDS', ['a'], []],
    ]);
  });

  it('R45: sends them again too when a response with them was on its way', () => {
    const { source, client, ack } = level(mode);
    source.put(['EDS', 'a', '2']);
    const [eds] = client.hear();
    source.put(['CDS', 'a', '2']);
    client.wait(100);
    expect(client.hear().map(({ type }) => type)).toEqual(['CDS']);
    expect(names(ack(eds!))).toEqual([['EDS', ['a'], []]]);
  });

  it('R45: leaves other endpoints alone', () => {
    const { source, client } = level(mode);
    source.put(['EDS', 'b', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['b'], names: ['a', 'b'] });
    client.ack(first!, ['a', 'b']);
    source.put(['CDS', 'a', '2']);
    expect(names(client.hear())).toEqual([
      ['CDS', ['a'], []],
      ['EDS', ['a'], []],
    ]);
  });

  it('R45: a listener that begins to use a route table gets it, one that goes on using it does not', () => {
    const { source, client, ack } = level(mode);
    source.put(['LDS', 'l', { content: '2', routes: ['r'] }]);
    const [same, ...none] = client.hear();
    expect([same!.type, none]).toEqual(['LDS', []]);
    ack(same!);
    client.wait(100);
    source.put(['LDS', 'second', { content: '1', routes: ['r'] }]);
    expect(client.hear().map(({ type }) => type)).toEqual(['LDS', 'RDS']);
  });

  it('R46, INV-13: an empty assignment is sent like any other', () => {
    const { source, client } = level(mode);
    source.put(['EDS', 'a', '']);
    expect(names(client.hear())).toEqual([['EDS', ['a'], []]]);
  });

  it('4.3-13: a route to a cluster that does not exist holds nothing up', () => {
    const { source, client } = level(mode);
    source.put(['RDS', 'r', { content: '2', clusters: ['never'] }]);
    expect(names(client.hear())).toEqual([['RDS', ['r'], []]]);
  });
});

it('4.3-5: a reconnecting Envoy that asks for endpoints before clusters gets clusters first', () => {
  const { source, client } = level('delta');
  client.reconnect();
  const has = (type: 'CDS' | 'EDS', name: string) => ({ [name]: source.get(type, '', name)!.version });
  client.say({ type: 'EDS', subscribe: ['a'], has: has('EDS', 'a') });
  client.say({ type: 'CDS', has: { a: 'older' } });
  expect((client as Dialogue).hear().map(({ type }) => type)).toEqual(['CDS', 'EDS']);
});
