import { memorySource } from '@thuban/testing';
import { dialogue, ENVOY, type Heard } from './fixtures/dialogue.js';

const names = (heard: readonly Heard[]) => heard.map(({ type, names, removed }) => [type, names, removed]);

function start(userAgent = 'envoy') {
  const source = memorySource();
  return { source, client: dialogue(source, 'sotw', { node: { ...ENVOY, userAgent } }) };
}

describe('a SotW stream', () => {
  it('R4: is silent about a type that is not served, and stays', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1']);
    expect(client.ask({ typeUrl: 'type.googleapis.com/istio.networking.nds.v1.NameTable', names: ['x'] })).toEqual([]);
    expect(names(client.ask({ type: 'CDS' }))).toEqual([['CDS', ['a'], []]]);
  });

  it('R10, INV-11: gives every response a nonce of its own', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1'], ['LDS', 'l', '1'], ['EDS', 'a', '1']);
    const heard = [
      ...client.ask({ type: 'CDS' }),
      ...client.ask({ type: 'LDS' }),
      ...client.ask({ type: 'EDS', names: ['a'] }),
    ];
    source.put(['EDS', 'a', '2']);
    heard.push(...client.ack(heard[2]!, ['a']));
    expect(heard).toHaveLength(4);
    expect(new Set(heard.map(({ nonce }) => nonce)).size).toBe(4);
  });

  it('R12: does not answer a stale request', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    const [first] = client.ask({ type: 'EDS', names: ['a'] });
    source.put(['EDS', 'a', '2']);
    const [second] = client.ack(first!, ['a']);
    expect(client.ask({ type: 'EDS', names: ['a', 'b'], nonce: first!.nonce })).toEqual([]);
    expect(names(client.ack(second!, ['a', 'b']))).toEqual([['EDS', ['b'], []]]); // with the ACK it comes
  });

  it('R13, 4.3-4: answers a resubscription with the old nonce, and a first request with a foreign one', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    const [first] = client.ask({ type: 'EDS', names: ['a'], nonce: 'of another replica' });
    expect(first!.names).toEqual(['a']);
    client.ack(first!, ['a']);
    expect(client.ask({ type: 'EDS', names: [], nonce: first!.nonce })).toEqual([]);
    expect(names(client.ask({ type: 'EDS', names: ['a'], nonce: first!.nonce }))).toEqual([['EDS', ['a'], []]]);
  });

  it('R14: answers the first request of a type, also in a reconnect', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1']);
    const [first] = client.ask({ type: 'CDS' });
    client.ack(first!);
    client.reconnect();
    const [again] = client.ask({ type: 'CDS' });
    expect(again).toMatchObject({ names: ['a'], version: first!.version });
  });

  it('R15, 4.3-9: does not answer an ACK', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1'], ['EDS', 'a', '1']);
    const [cds] = client.ask({ type: 'CDS' });
    expect(client.ack(cds!)).toEqual([]);
    const [eds] = client.ask({ type: 'EDS', names: ['a'] });
    expect(client.ack(eds!, ['a'])).toEqual([]);
    expect(client.ack(eds!, ['a'])).toEqual([]);
  });

  it('R16: sends clusters and listeners whole, and an empty list when the last one goes', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1'], ['CDS', 'b', '1']);
    let [heard] = client.ask({ type: 'CDS' });
    client.ack(heard!);
    client.wait(50);
    source.put(['CDS', 'b', '2']);
    [heard] = client.hear();
    expect(heard!.names).toEqual(['a', 'b']);
    client.ack(heard!);
    client.wait(50);
    source.put(['CDS', 'a'], ['CDS', 'b']);
    expect(names(client.hear())).toEqual([['CDS', [], []]]);
  });

  it('R16: sends of endpoints and routes only what changed', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    client.ack(client.ask({ type: 'EDS', names: ['a', 'b'] })[0]!, ['a', 'b']);
    source.put(['EDS', 'b', '2']);
    expect(names(client.hear())).toEqual([['EDS', ['b'], []]]);
  });

  it('R17: sends a new name, though nothing about it changed', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    const [first] = client.ask({ type: 'EDS', names: ['a'] });
    client.ack(first!, ['a']);
    expect(names(client.ask({ type: 'EDS', names: ['a', 'b', 'b'], nonce: first!.nonce }))).toEqual([
      ['EDS', ['b'], []],
    ]);
  });

  it('R18, R60: says of a missing name that it is missing, once, and sends it when it comes', () => {
    const { source, client } = start();
    const [missing] = client.ask({ type: 'EDS', names: ['later'] });
    expect(names([missing!])).toEqual([['EDS', [], ['later']]]);
    expect(client.ack(missing!, ['later'])).toEqual([]);
    source.put(['EDS', 'later', '1']);
    expect(names(client.hear())).toEqual([['EDS', ['later'], []]]);
  });

  it('R18: says of a missing listener that it is missing by leaving it out', () => {
    const { client } = start('gRPC Go');
    expect(names(client.ask({ type: 'LDS', names: ['echo:80'] }))).toEqual([['LDS', [], []]]);
  });

  it('R19: empty is everything for Envoy until it names something, then nothing', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1'], ['CDS', 'b', '1']);
    const [all] = client.ask({ type: 'CDS' });
    expect(all!.names).toEqual(['a', 'b']);
    client.ack(all!, ['a']);
    expect(client.ask({ type: 'CDS', names: [], nonce: all!.nonce })).toEqual([]);
    source.put(['CDS', 'a', '2']);
    expect(client.hear()).toEqual([]);
  });

  it('R19, 4.3-15: is never everything for a gRPC client', () => {
    const { source, client } = start('gRPC Java');
    source.put(['CDS', 'a', '1']);
    expect(names(client.ask({ type: 'CDS' }))).toEqual([['CDS', [], []]]);
  });

  it('R20: keeps the name when * beside it goes', () => {
    const { source, client } = start();
    source.put(['CDS', 'a', '1'], ['CDS', 'b', '1']);
    const [all] = client.ask({ type: 'CDS', names: ['*', 'a'] });
    expect([...all!.names].sort()).toEqual(['a', 'b']);
    client.ack(all!, ['a']);
    client.wait(50);
    source.put(['CDS', 'b', '2'], ['CDS', 'a', '2']);
    expect(names(client.hear())).toEqual([['CDS', ['a'], []]]);
  });

  it('R21, R38: answers a backlog of requests once, by the latest', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1'], ['EDS', 'b', '1']);
    for (const list of [['a'], ['a', 'b'], ['b']]) client.say({ type: 'EDS', names: list });
    expect(names(client.hear())).toEqual([['EDS', ['b'], []]]);
  });

  it('R22, 4.3-3: what was unsubscribed before it left does not leave', () => {
    const { source, client } = start();
    source.put(['EDS', 'a', '1']);
    client.say({ type: 'EDS', names: ['a'] });
    client.say({ type: 'EDS', names: [] });
    expect(client.hear()).toEqual([]);
  });
});
