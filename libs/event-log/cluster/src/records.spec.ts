import { GENESIS_HASH, type Recorded } from '@thuban/event-sourcing';
import { goldenEvents, goldenRecords } from '@thuban/testing';
import fc from 'fast-check';
import type { IncomingRecord } from './kafka-client.js';
import { recordReader, type DropReason } from './kafka-subscriber.js';
import { parseRecord, toRecord, type LogIdentity } from './records.js';
import { slicesOf } from './relay-slices.js';

const LOG: LogIdentity = { name: 'registry', id: '5f1c0c34-golden', shards: 32 };

const arrived = ({ value, headers }: { value: string; headers: Readonly<Record<string, string>> }): IncomingRecord => ({
  offset: 0,
  value: Buffer.from(value),
  headers,
});
const eventAt = (shard: number, seq: number, more: Partial<Recorded> = {}): Recorded => ({
  ...{ type: 'NamespaceDeleted', data: { name: `n${seq}` }, shard, seq, stream: `namespace/n${seq}` },
  ...{ meta: { actor: 'system', requestId: 'r' }, timeMs: 1_700_000_000_000, commitId: `c${seq}`, hash: GENESIS_HASH },
  ...more,
});

describe('records', () => {
  it.each(goldenRecords().map((record) => [record.name, record] as const))(
    'golden record %s is written and read as it was',
    (name, { log: logName, partition, key, headers, body }) => {
      const log = { ...LOG, name: logName };
      const event = goldenEvents(logName).find(({ type }) => name.startsWith(`${type}.`))!;
      const value = JSON.stringify(body);
      expect(toRecord(log, event)).toEqual({ partition, key, headers, value });
      expect(parseRecord(log, partition, arrived({ value, headers }))).toEqual({ event, body: value });
    },
  );

  it('carry any event unchanged', () => {
    const anyEvent = fc.record({
      shard: fc.nat({ max: 31 }),
      seq: fc.integer({ min: 1 }),
      data: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()),
      timeMs: fc.integer({ min: 0, max: 4e12 }),
      actor: fc.string({ unit: 'grapheme' }),
    });
    fc.assert(
      fc.property(anyEvent, ({ actor, ...given }) => {
        const data = JSON.parse(JSON.stringify(given.data)) as object;
        const event = eventAt(given.shard, given.seq, { ...given, data, meta: { actor, requestId: 'r' } });
        expect(parseRecord(LOG, event.shard, arrived(toRecord(LOG, event)))).toMatchObject({ event });
      }),
    );
  });

  const good = toRecord(LOG, eventAt(3, 7));
  const withHeader = (name: string, value: string | undefined): IncomingRecord => {
    const { [name]: _, ...rest } = good.headers;
    return arrived({ ...good, headers: value === undefined ? rest : { ...rest, [name]: value } });
  };
  it.each<[string, string, IncomingRecord]>([
    ['of another log', 'foreign', withHeader('log_id', 'other')],
    ['of no log', 'malformed', withHeader('log_id', undefined)],
    ['of a newer version', 'unknown', withHeader('ce_type', 'dev.thuban.NamespaceDeleted.v2')],
    ['of an unknown type', 'unknown', withHeader('ce_type', 'dev.thuban.NamespaceFrozen.v1')],
    ['of another log’s type', 'unknown', withHeader('ce_type', 'dev.thuban.RouteRuleDeleted.v1')],
    ['with a type of somebody else', 'malformed', withHeader('ce_type', 'com.example.thing')],
    ['without seq', 'malformed', withHeader('seq', undefined)],
    ['with another seq than its id', 'malformed', withHeader('seq', '8')],
    ['with a seq that is no number', 'malformed', withHeader('seq', 'seven')],
    ['with a seq in another form', 'malformed', withHeader('seq', '7.0')],
    ['with seq 0', 'malformed', withHeader('seq', '0')],
    ['with a short hash', 'malformed', withHeader('hash', 'abc')],
    ['without a time', 'malformed', withHeader('ce_time', 'yesterday')],
    ['without a commit id', 'malformed', withHeader('commit_id', undefined)],
    ['without a stream', 'malformed', withHeader('ce_subject', '')],
    ['without a body', 'malformed', { ...arrived(good), value: null }],
    ['with half a body', 'malformed', { ...arrived(good), value: Buffer.from('{"data":{') }],
    ['with a body that is no object', 'malformed', { ...arrived(good), value: Buffer.from('7') }],
    ['without actor', 'malformed', { ...arrived(good), value: Buffer.from('{"data":{},"meta":{"requestId":"r"}}') }],
    ['of nobody at all', 'malformed', { offset: 0, value: Buffer.from('hello'), headers: {} }],
  ])('%s are no events: %s', (_, problem, record) => {
    expect(parseRecord(LOG, 3, record)).toMatchObject({ problem });
  });

  it('in a partition that is not their shard are no events', () => {
    expect(parseRecord(LOG, 4, arrived(good))).toMatchObject({ problem: 'malformed' });
    expect(parseRecord(LOG, 32, arrived(good))).toMatchObject({ problem: 'malformed' });
  });

  it('never throw, whatever is in them', () => {
    const anyRecord = fc.record({
      offset: fc.nat(),
      value: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
      headers: fc.dictionary(fc.constantFrom(...Object.keys(good.headers)), fc.string()),
    });
    fc.assert(fc.property(anyRecord, fc.nat(40), (record, shard) => void parseRecord(LOG, shard, record)));
  });
});

describe('reading records', () => {
  const reader = () => {
    const told: string[] = [];
    const dropped: DropReason[] = [];
    const onProblem = (what: string, error: unknown) => void told.push(`${what}; ${(error as Error).message}`);
    return {
      told,
      dropped,
      read: recordReader({ log: LOG, topic: 't', onProblem, onDropped: (why) => dropped.push(why) }),
    };
  };
  /** Events that follow each other in the hash chain. */
  const chain = goldenEvents('registry').filter(({ type }) => type === 'NamespaceCreated');

  it('leaves a poison record out, tells of it once, counts each, and goes on (INV-3)', () => {
    const { read, told, dropped } = reader();
    const poison = { offset: 5, value: Buffer.from('x'), headers: {} };
    const { events } = read(3, [poison, arrived(toRecord(LOG, eventAt(3, 1))), poison, poison]);
    expect(events.map(({ seq }) => seq)).toEqual([1]);
    expect(dropped).toEqual(['malformed', 'malformed', 'malformed']);
    expect(told).toEqual([
      'records of the topic t are left out, and read from the table instead (told once, then counted as "malformed"): ' +
        'something that is no relay writes to the topic; find it, and let only the relays write; partition 3, offset 5: no log_id',
    ]);
  });

  it('does not believe an event that is not in the hash chain (INV-4)', () => {
    const { read, dropped } = reader();
    const [first] = chain;
    const forged = eventAt(first!.shard, 2, { hash: 'a'.repeat(64) });
    const { events } = read(first!.shard, [arrived(toRecord(LOG, first!)), arrived(toRecord(LOG, forged))]);
    expect(events).toEqual([first]);
    expect(dropped).toEqual(['forged']);
  });
});

describe('slices', () => {
  it('keep the order, leave nothing out and stay within what Kafka takes', () => {
    const sizes = fc.array(
      fc.record({ shard: fc.nat({ max: 3 }), chars: fc.constantFrom(10, 1000, 200_000, 400_000) }),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(sizes, (given) => {
        const events = given.map(({ shard, chars }, i) => eventAt(shard, i + 1, { data: { name: 'x'.repeat(chars) } }));
        const slices = [...slicesOf(LOG, events)];
        expect(slices.flatMap((slice) => slice.events)).toEqual(events);
        for (const { records } of slices) {
          expect(records.length).toBeGreaterThan(0);
          for (let shard = 0; shard < 4; shard++) {
            const own = records.filter(({ partition }) => partition === shard);
            const chars = own.reduce((sum, { value }) => sum + value.length, 0);
            expect(own.length <= 1 || chars <= 512 * 1024).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('have at most 1000 events', () => {
    const events = Array.from({ length: 2500 }, (_, i) => eventAt(i % 4, i + 1));
    expect([...slicesOf(LOG, events)].map((slice) => slice.events.length)).toEqual([1000, 1000, 500]);
  });
});
