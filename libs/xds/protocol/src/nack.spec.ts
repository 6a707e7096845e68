import { memorySource } from '@thuban/testing';
import { statusOf } from './index.js';
import { dialogue, type Heard } from './fixtures/dialogue.js';

const names = (heard: readonly Heard[]) => heard.map(({ type, names, removed }) => [type, names, removed]);

describe.each(['delta', 'sotw'] as const)('a %s client that refuses', (mode) => {
  const start = (...subscribe: string[]) => {
    const source = memorySource();
    source.put(...subscribe.map((name) => ['EDS', name, '1'] as const));
    const client = dialogue(source, mode);
    const [first] = client.ask({ type: 'EDS', subscribe, names: subscribe });
    return { source, client, first: first! };
  };

  it('R40, INV-14: is not sent the same again, and is sent what is better', () => {
    const { source, client, first } = start('a');
    expect(client.nack(first, 'bad', ['a'])).toEqual([]);
    source.put(['EDS', 'a', '1']);
    expect(client.hear()).toEqual([]);
    source.put(['EDS', 'a', '2']);
    expect(names(client.hear())).toEqual([['EDS', ['a'], []]]);
  });

  it('R37: is taken to hold what it held', () => {
    const { source, client, first } = start('a');
    client.ack(first, ['a']);
    source.put(['EDS', 'a', '2']);
    const [second] = client.hear();
    client.nack(second!, 'bad', ['a']);
    source.put(['EDS', 'a', '1']);
    expect(client.hear()).toEqual([]); // back to what it has
  });

  it('R3, R40: two types at once: each waits for its own cure', () => {
    const { source, client, first } = start('a');
    source.put(['RDS', 'r', '1']);
    const [routes] = client.ask({ type: 'RDS', subscribe: ['r'], names: ['r'] });
    expect(client.nack(first, 'bad endpoints', ['a'])).toEqual([]);
    expect(client.nack(routes!, 'bad routes', ['r'])).toEqual([]);
    expect(statusOf(client.stream, 0)).toMatchObject([
      { type: 'EDS', refused: ['a'], nack: { message: 'bad endpoints' } },
      { type: 'RDS', refused: ['r'], nack: { message: 'bad routes' } },
    ]);
    source.put(['RDS', 'r', '2']);
    client.wait(50);
    const [cured] = client.hear();
    expect(names([cured!])).toEqual([['RDS', ['r'], []]]);
    expect(client.ack(cured!, ['r'])).toEqual([]);
    expect(statusOf(client.stream, 0)).toMatchObject([{ refused: ['a'] }, { refused: [] }]);
  });

  it('R40: one of several: each goes out alone once, so that the good ones arrive', () => {
    const { client, first } = start('a', 'b', 'c');
    const all = ['a', 'b', 'c'];
    const sent: (readonly string[])[] = [];
    let heard = client.nack(first, 'b is bad', all);
    while (heard.length > 0) {
      const [next] = heard;
      sent.push(next!.names);
      heard = next!.names.includes('b') ? client.nack(next!, 'bad', all) : client.ack(next!, all);
    }
    expect(sent).toEqual([['a'], ['b'], ['c']]);
    expect(statusOf(client.stream, 0)[0]).toMatchObject({ refused: ['b'] });
  });

  it('R40: one of very many is found by halving', () => {
    const all = Array.from({ length: 200 }, (_, i) => `n${i}`);
    const { client, first } = start(...all);
    const good = new Set<string>();
    let [rounds, heard] = [0, client.nack(first, 'n77 is bad', all)];
    for (; heard.length > 0; rounds++) {
      const [next] = heard;
      const bad = next!.names.includes('n77');
      if (!bad) next!.names.forEach((name) => good.add(name));
      heard = bad ? client.nack(next!, 'bad', all) : client.ack(next!, all);
    }
    expect(good.size).toBe(199);
    expect(rounds).toBeLessThan(30);
  });

  it('R39: is remembered with text, code, nonce, names and time', () => {
    const { client, first } = start('a');
    client.nack(first, 'x'.repeat(5000), ['a']);
    const [eds] = statusOf(client.stream, 0);
    expect(eds!.nack).toMatchObject({ code: 13, nonce: first.nonce, names: ['a'], timeMs: 1_001_000 });
    expect(eds!.nack!.message).toHaveLength(4096);
    expect(eds!.acknowledgedVersion).not.toBe(eds!.intendedVersion);
  });

  it('R11: is not believed to have accepted because it names the new version', () => {
    const { client, first } = start('a');
    client.nack(first, 'partly', ['a']);
    expect(statusOf(client.stream, 0)[0]).toMatchObject({ refused: ['a'] });
  });

  it('R26: is sent it again when it asks again by name', () => {
    const { client, first } = start('a');
    client.nack(first, 'bad', ['a']);
    if (mode === 'sotw') client.ask({ type: 'EDS', names: [], nonce: first.nonce });
    const again = client.ask({ type: 'EDS', subscribe: ['a'], names: ['a'], nonce: first.nonce });
    expect(names(again)).toEqual([['EDS', ['a'], []]]);
  });

  it('R41: keeps being served the rest', () => {
    const { source, client, first } = start('a', 'b');
    for (let [next] = client.nack(first, 'bad', ['a', 'b']); next;)
      [next] = next.names.includes('a') ? client.nack(next, 'bad', ['a', 'b']) : client.ack(next, ['a', 'b']);
    source.put(['EDS', 'b', '2']);
    expect(names(client.hear())).toEqual([['EDS', ['b'], []]]);
  });
});

it('R40: a refused SotW list of clusters waits for another list', () => {
  const source = memorySource();
  source.put(['CDS', 'a', 'bad']);
  const client = dialogue(source, 'sotw');
  const [first] = client.ask({ type: 'CDS' });
  expect(client.nack(first!)).toEqual([]);
  client.wait(50);
  source.put(['CDS', 'b', '1']);
  const [second] = client.hear();
  expect(second!.names).toEqual(['a', 'b']);
  client.nack(second!);
  client.wait(50);
  source.put(['CDS', 'b', '2'], ['CDS', 'b', '1']);
  expect(client.hear()).toEqual([]); // the list that was refused
  client.wait(50);
  source.put(['CDS', 'a', 'good']);
  expect(client.hear()[0]!.names).toEqual(['a', 'b']);
});
