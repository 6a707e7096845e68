import { memorySource } from '@thuban/testing';
import type { XdsType } from '@thuban/xds-snapshot';
import { dialogue, ENVOY } from './fixtures/dialogue.js';

const names = (
  heard: readonly { readonly type: string; readonly names: readonly string[]; readonly removed: readonly string[] }[],
) => heard.map(({ type, names, removed }) => [type, names, removed]);

function start() {
  const source = memorySource();
  const versionOf = (type: XdsType, name: string) => source.get(type, '', name)!.version;
  return { source, versionOf, client: dialogue(source, 'delta') };
}

describe('a delta stream', () => {
  it('R3: acknowledges one type without saying anything about another', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1'], ['LDS', 'l', '1']);
    const [cds] = client.ask({ type: 'CDS' });
    const [lds] = client.ask({ type: 'LDS' });
    client.ack(cds!);
    source.put(['LDS', 'l', '2'], ['CDS', 'a', '2']);
    client.wait(50);
    expect(names(client.hear())).toEqual([['CDS', ['a'], []]]); // the listener still waits for its ACK
    expect(names(client.ack(lds!))).toEqual([['LDS', ['l'], []]]);
  });

  it('R4: answers names of a type that is not served as removed, and stays', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1']);
    const typeUrl = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';
    const [answer, ...rest] = client.ask({ typeUrl, subscribe: ['layer'] });
    expect(answer).toMatchObject({ typeUrl, names: [], removed: ['layer'] });
    expect(rest).toEqual([]);
    expect(client.ask({ typeUrl, nonce: answer!.nonce })).toEqual([]);
    expect(client.ask({ typeUrl })).toEqual([]); // a wildcard of nothing
    expect(names(client.ask({ type: 'CDS' }))).toEqual([['CDS', ['a'], []]]);
  });

  it('R15, 4.3-9: does not answer an ACK', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a'] });
    expect(client.ack(first!)).toEqual([]);
    expect(client.ack(first!)).toEqual([]);
  });

  it('R23: takes acknowledgement and subscription out of one message', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a'] });
    const next = client.ask({ type: 'EDS', nonce: first!.nonce, subscribe: ['b'], unsubscribe: ['a'] });
    expect(names(next)).toEqual([['EDS', ['b'], []]]);
    client.ack(next[0]!);
    source.put(['EDS', 'a', '2']);
    expect(client.hear()).toEqual([]);
  });

  it.each(['stale', 'NACK'] as const)('R24: honours a subscription in a %s message', (kind) => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a'] });
    const more = kind === 'NACK' ? { nonce: first!.nonce, error: 'no' } : { nonce: 'of another stream' };
    const heard = client.ask({ type: 'EDS', subscribe: ['b'], ...more });
    // One response at a time: behind a stale nonce the first one is still open.
    expect(names(kind === 'stale' ? client.ack(first!) : heard)).toEqual([['EDS', ['b'], []]]);
  });

  it('R26, 4.3-5: answers a subscription to a name that the client has already', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a'] });
    client.ack(first!);
    expect(names(client.ask({ type: 'EDS', subscribe: ['a'] }))).toEqual([['EDS', ['a'], []]]);
  });

  it('R26: answers it again when it asks while the answer is on its way', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a'] });
    expect(client.ask({ type: 'EDS', subscribe: ['a'] })).toEqual([]);
    expect(names(client.ack(first!))).toEqual([['EDS', ['a'], []]]);
  });

  it.each(['CDS', 'LDS', 'RDS'] as const)('R27: skips %s that a reconnecting client has', (type) => {
    const { source, versionOf, client } = start();
    source.put([type, 'same', '1'], [type, 'changed', '2']);
    const has = { same: versionOf(type, 'same'), changed: 'older' };
    const asked = type === 'RDS' ? ['same', 'changed'] : [];
    expect(names(client.ask({ type, subscribe: asked, has }))).toEqual([[type, ['changed'], []]]);
  });

  it('R27, 4.3-6: sends endpoints again to a client that says it has them', () => {
    const { source, versionOf, client } = start();
    source.put(['EDS', 'a', '1']);
    const has = { a: versionOf('EDS', 'a') };
    expect(names(client.ask({ type: 'EDS', subscribe: ['a'], has }))).toEqual([['EDS', ['a'], []]]);
  });

  it('R27: believes versions only in the first message of a type', () => {
    const { source, versionOf, client } = start();
    source.put(['RDS', 'a', '1'], ['RDS', 'b', '1']);
    const [first] = client.ask({ type: 'RDS', subscribe: ['a'] });
    client.ack(first!);
    const has = { b: versionOf('RDS', 'b') };
    expect(names(client.ask({ type: 'RDS', subscribe: ['b'], has }))).toEqual([['RDS', ['b'], []]]);
  });

  it('R28: tells a reconnecting client what is gone, once (INV-12)', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1']);
    const [first] = client.ask({ type: 'CDS', has: { gone: 'x' } });
    expect(names([first!])).toEqual([['CDS', ['a'], ['gone']]]);
    expect(client.ack(first!)).toEqual([]);
  });

  it('R28: tells it of a name that it asks for as well, once', () => {
    const { client } = start();
    const [first] = client.ask({ type: 'RDS', subscribe: ['gone'], has: { gone: 'x' } });
    expect(names([first!])).toEqual([['RDS', [], ['gone']]]);
  });

  it('R29: an explicit * beside a name answers each once', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1'], ['CDS', 'b', '1']);
    const [first] = client.ask({ type: 'CDS', subscribe: ['*', 'a'] });
    expect([...first!.names].sort()).toEqual(['a', 'b']); // R32: no name twice
  });

  it('R19, 4.3-15: nothing means nothing for endpoints and for gRPC clients', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['CDS', 'a', '1']);
    expect(client.ask({ type: 'EDS' })).toEqual([]);
    const grpc = dialogue(source, 'delta', { node: { ...ENVOY, userAgent: 'gRPC Go' } });
    expect(grpc.ask({ type: 'CDS' })).toEqual([]);
  });

  it('R30: does not answer an unsubscription', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a'] });
    client.ack(first!);
    expect(client.ask({ type: 'EDS', unsubscribe: ['a', 'stranger'] })).toEqual([]);
    source.put(['EDS', 'a', '2']);
    expect(client.hear()).toEqual([]);
  });

  it('R30: answers the unsubscription of a name beside a wildcard', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1']);
    let [heard] = client.ask({ type: 'CDS', subscribe: ['*', 'a', 'none'] });
    client.ack(heard!);
    [heard] = client.ask({ type: 'CDS', unsubscribe: ['a', 'none'] });
    expect(names([heard!])).toEqual([['CDS', ['a'], ['none']]]);
    expect(client.ack(heard!)).toEqual([]);
  });

  it('R31, 4.3-8: answers a missing name at once, and sends it when it comes', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a', 'later'] });
    expect(names([first!])).toEqual([['EDS', ['a'], ['later']]]);
    expect(client.ack(first!)).toEqual([]);
    source.put(['EDS', 'later', '1']);
    expect(names(client.hear())).toEqual([['EDS', ['later'], []]]);
  });

  it('INV-12: a removal is sent once', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    client.ack(client.ask({ type: 'EDS', subscribe: ['a'] })[0]!);
    source.put(['EDS', 'a']);
    const [gone] = client.hear();
    expect(names([gone!])).toEqual([['EDS', [], ['a']]]);
    expect(client.ack(gone!)).toEqual([]);
    source.put(['EDS', 'a']);
    expect(client.hear()).toEqual([]);
  });

  it('R34: answers a first wildcard even with nothing, in a reconnect too', () => {
    const { source, versionOf, client } = start();
    expect(names(client.ask({ type: 'LDS' }))).toEqual([['LDS', [], []]]);
    source.put(['CDS', 'a', '1']);
    expect(names(client.ask({ type: 'CDS', has: { a: versionOf('CDS', 'a') } }))).toEqual([['CDS', [], []]]);
  });

  it('R36: a route table that is gone is said to be gone; Envoy keeps it until its listener goes', () => {
    const { source, client } = start();
    source.put(['RDS', 'r', '1']);
    client.ack(client.ask({ type: 'RDS', subscribe: ['r'] })[0]!);
    source.put(['RDS', 'r']);
    client.wait(50);
    expect(names(client.hear())).toEqual([['RDS', [], ['r']]]);
  });

  it('R38, 4.3-7: answers many small requests with one response', () => {
    const { source, client } = start();
    source.put(...['a', 'b', 'c'].map((name) => ['EDS', name, '1'] as const));
    for (const name of ['a', 'b', 'c', 'a']) client.say({ type: 'EDS', subscribe: [name] });
    expect(names(client.hear())).toEqual([['EDS', ['a', 'b', 'c'], []]]);
  });

  it('R22, 4.3-3: what was unsubscribed before it left does not leave', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    client.say({ type: 'EDS', subscribe: ['a', 'b'] });
    client.say({ type: 'EDS', unsubscribe: ['a'] });
    expect(names(client.hear())).toEqual([['EDS', ['b'], []]]);
  });

  it('R54, 4.3-1: merges what changes while a response is not acknowledged, newest only', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    const [first] = client.ask({ type: 'EDS', subscribe: ['a', 'b'] });
    for (const content of ['2', '3', '4']) source.put(['EDS', 'a', content]);
    source.put(['EDS', 'b', '2'], ['EDS', 'b', '1']);
    expect(client.hear()).toEqual([]);
    const [second, ...more] = client.ack(first!);
    expect(second!.names).toEqual(['a']); // b is what it was
    expect(second!.bytes.includes('4')).toBe(true);
    expect(more).toEqual([]);
  });

  it('4.3-2: an answer that says nothing does not lose later changes', () => {
    const { source, client } = start();
    client.ack(client.ask({ type: 'EDS', subscribe: ['a'] })[0]!);
    for (const content of ['1', '2', '3']) {
      source.put(['EDS', 'a', content]);
      const [heard] = client.hear();
      expect(heard!.names).toEqual(['a']);
      client.ack(heard!);
    }
  });

  it('4.3-10, R14: a server that starts again gives the same version to the same content', () => {
    const [before, after] = [start(), start()];
    for (const { source } of [before, after]) source.put(['CDS', 'a', '1']);
    const [first] = before.client.ask({ type: 'CDS' });
    const has = { a: before.versionOf('CDS', 'a') };
    expect(after.client.ask({ type: 'CDS', has })[0]!.names).toEqual([]);
    after.client.reconnect();
    expect(after.client.ask({ type: 'CDS' })[0]!.version).toBe(first!.version);
  });

  it('R56: cuts a large answer into responses of about 1 MiB, one after the other', () => {
    const { source, client } = start();
    const all = Array.from({ length: 30 }, (_, i) => `cluster-${i}`);
    source.put(...all.map((name) => ['CDS', name, { content: name, bytes: 100_000 }] as const));
    const heard: string[] = [];
    for (let next = client.ask({ type: 'CDS' }); next.length > 0; next = client.ack(next[0]!)) {
      expect(next).toHaveLength(1);
      expect(next[0]!.bytes.length).toBeLessThan(1.1 * 1024 * 1024);
      heard.push(...next[0]!.names);
    }
    expect(heard).toEqual(all);
  });
});
