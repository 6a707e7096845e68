import { chainHash } from '@thuban/event-sourcing';
import fc from 'fast-check';
import { openWorld, TOPIC } from './fixtures/memory-registry.js';
import { SourceAway, type Source } from './source.js';
import { verify } from './verify.js';

const deleted = (id: string) => ({ type: 'RouteRuleDeleted' as const, data: { id } });
const many = (count: number) => Array.from({ length: count }, (_, i) => deleted(`rule-${i}`));
const away = (): Source => ({
  logs: () => Promise.reject(new SourceAway('away')),
  read: () => Promise.reject(new SourceAway('away')),
});

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => void (world = await openWorld()));
afterEach(() => world.close());

describe('records of a topic', () => {
  it('are kept in order, each once, with the offset after them', async () => {
    const records = await world.happens(...many(3));
    const intake = world.newIntake();
    await intake.records(TOPIC, 0, records);
    await intake.records(TOPIC, 0, records);
    expect(world.kept()).toEqual([1, 2, 3]);
    expect(world.store.counts()).toMatchObject({ events: 3, duplicates: 3 });
    expect(world.store.nextOffsets(TOPIC.topic).get(0)).toBe(3);
    expect(world.troubles).toEqual([]);
    expect(await verify(world.store, world.source)).toMatchObject({ ok: true, logs: [{ events: 3, source: 'same' }] });
  });

  it('whatever order, repetition and loss they come with, give the log (INV-3, INV-4, INV-16)', async () => {
    const records = await world.happens(...many(12));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(records.length - 1), { minLength: 1, maxLength: 20 }), async (order) => {
        const other = await openWorld();
        try {
          const intake = other.newIntake();
          const theirs = await other.happens(...many(12));
          for (const at of order) await intake.records(TOPIC, 0, [theirs[at]!]);
          expect(other.kept()).toEqual(Array.from({ length: Math.max(...order) + 1 }, (_, i) => i + 1));
          expect(await verify(other.store, other.source)).toMatchObject({ ok: true, breaks: [] });
        } finally {
          await other.close();
        }
      }),
      { numRuns: 15 },
    );
  });

  it('are missed no longer than until the next comes: the rest is read from the registry (INV-3)', async () => {
    const records = await world.happens(...many(1200));
    await world.newIntake().records(TOPIC, 0, [records.at(-1)!]);
    expect(world.kept()).toHaveLength(1000);
    expect(world.store.tip(world.log.id, 0).seq).toBe(1200);
    expect(world.asked).toEqual(['0/1', '0/501', '0/1001']);
  });

  it('wait when the registry has to be asked and cannot; nothing is skipped', async () => {
    const [first, second, third] = await world.happens(...many(3));
    const intake = world.newIntake();
    await intake.records(TOPIC, 0, [first!]);
    world.alter(away);
    await expect(intake.records(TOPIC, 0, [third!])).rejects.toThrow(SourceAway);
    expect(world.kept()).toEqual([1]);
    expect(world.store.nextOffsets(TOPIC.topic).get(0)).toBe(1);
    await intake.records(TOPIC, 0, [second!, third!]); // Kafka alone will do
    expect(world.kept()).toEqual([1, 2, 3]);
  });
});

describe('poison records', () => {
  it.each([
    ['malformed', { headers: { seq: 'x' } }],
    ['malformed', { value: Buffer.from('no JSON') }],
    ['foreign', { headers: { log_id: 'another' } }],
    ['unknown', { headers: { ce_type: 'dev.thuban.RouteRuleDeleted.v9' } }],
    ['unknown', { headers: { ce_type: 'dev.thuban.RuleSealed.v1' } }],
    ['forged', { value: Buffer.from('{"data":{"id":"forged"},"meta":{"actor":"a","requestId":"b"}}') }],
    ['forged', { headers: { hash: 'f'.repeat(64) } }],
  ])('%s are counted, and the event is the one of the log', async (reason, change) => {
    const [first, second] = await world.happens(...many(2));
    const bad = {
      ...first!,
      ...change,
      headers: { ...first!.headers, ...('headers' in change ? change.headers : {}) },
    };
    const intake = world.newIntake();
    await intake.records(TOPIC, 0, [bad, second!]);
    expect(world.kept()).toEqual([1, 2]);
    expect(world.store.counts().poison).toMatchObject({ [reason]: 1 });
    expect(world.store.poison(9)).toMatchObject([{ reason, topic: TOPIC.topic, partition: 0, offset: 0 }]);
    expect(world.troubles).toHaveLength(1);
    expect(await verify(world.store, world.source)).toMatchObject({ ok: true });
  });

  it('count once when they come again', async () => {
    const [first] = await world.happens(...many(1));
    const bad = { ...first!, headers: {} };
    const intake = world.newIntake();
    await intake.records(TOPIC, 0, [bad]);
    await intake.records(TOPIC, 0, [bad]);
    expect(world.store.counts().poison.malformed).toBe(1);
  });

  it('with a body that does not fit its schema are kept, since the log has them', async () => {
    const records = await world.happens({ type: 'RouteRuleDeleted', data: {} as { id: string } });
    await world.newIntake().records(TOPIC, 0, records);
    expect(world.kept()).toEqual([1]);
    expect(world.store.counts().poison.schema).toBe(1);
  });

  it('that claim a place after the end of the log, with a right hash, are not believed', async () => {
    const [first] = await world.happens(...many(1));
    const intake = world.newIntake();
    await intake.records(TOPIC, 0, [first!]);
    const body = first!.value!.toString();
    const event = {
      log: 'rules',
      shard: 0,
      seq: 3,
      stream: 'x',
      type: 'RouteRuleDeleted',
      timeMs: 0,
      commitId: 'c',
      body,
    };
    const hash = chainHash(first!.headers['hash']!, event);
    const headers = { ...first!.headers, seq: '3', ce_id: `${world.log.id}/0/3`, hash };
    await intake.records(TOPIC, 0, [{ ...first!, offset: 1, headers }]);
    expect(world.kept()).toEqual([1]);
    expect(world.store.counts().poison.forged).toBe(1);
  });
});

describe('a history that was changed', () => {
  const changing =
    (seq: number) =>
    (source: Source): Source => ({
      ...source,
      read: async (...args) => {
        const { logId, events } = await source.read(...args);
        return {
          logId,
          events: events.map((event) => (event.seq === seq ? { ...event, body: '{"data":{},"meta":{}}' } : event)),
        };
      },
    });

  it('is a break, told and kept for ever, and the rest goes on (INV-16)', async () => {
    const records = await world.happens(...many(4));
    world.alter(changing(2));
    const intake = world.newIntake();
    await intake.catchUp(world.log, 0, 3);
    await intake.records(TOPIC, 0, records.slice(3));
    expect(world.kept()).toEqual([1, 2, 3, 4]);
    expect(world.store.breaks()).toMatchObject([{ log: 'rules', shard: 0, seq: 2, kind: 'broken' }]);
    expect(world.troubles.join()).toContain('THE HASH CHAIN IS BROKEN: log "rules", shard 0, seq 2');
    expect(await verify(world.store, world.source)).toMatchObject({ ok: false, breaks: [{ seq: 2 }] });
  });

  it('after it was kept is found at the next record of its place, and by a verification', async () => {
    const [first, second] = await world.happens(...many(2));
    const intake = world.newIntake();
    await intake.records(TOPIC, 0, [first!, second!]);
    const hash = 'a'.repeat(64);
    world.alter((source) => ({
      ...source,
      read: async (...args) => {
        const { logId, events } = await source.read(...args);
        return { logId, events: events.map((event) => (event.seq === 2 ? { ...event, hash } : event)) };
      },
    }));
    expect(await verify(world.store, world.source)).toMatchObject({
      ok: false,
      logs: [{ source: 'differs' }],
      problems: ['log "rules", shard 0: the registry has another event 2 now, or none'],
    });
    await intake.records(TOPIC, 0, [{ ...second!, headers: { ...second!.headers, hash } }]);
    await intake.records(TOPIC, 0, []);
    await intake.records(TOPIC, 0, [first!]);
    expect(world.store.breaks()).toMatchObject([{ seq: 2, kind: 'rewritten' }]);
  });

  it.each([
    ['UPDATE event SET body = \'{"data":{},"meta":{}}\' WHERE seq = 2', 'the kept event 2 is not what it was'],
    ['DELETE FROM event WHERE seq = 2', 'events 2 to 2 are gone from the kept events'],
  ])('in the file of the audit itself is found by a verification: %s', async (sql, problem) => {
    await world.newIntake().records(TOPIC, 0, await world.happens(...many(3)));
    world.store.db.exec(sql);
    const found = await verify(world.store, world.source);
    expect(found.ok).toBe(false);
    expect(found.problems.join()).toContain(problem);
  });
});

describe('attempts', () => {
  const record = (offset: number, attempt: object) => ({
    offset,
    headers: { ce_id: `s/${offset}`, ce_type: 'dev.thuban.Attempt.v1' },
    value: Buffer.from(JSON.stringify(attempt)),
  });
  const ATTEMPT = {
    time: '2026-01-01T00:00:00.000Z',
    actor: 'sdk:a',
    requestId: 'r',
    action: 'DeleteService',
    outcome: 'denied',
    reason: 'X',
  };

  it('are kept once, and what is none is poison', async () => {
    const intake = world.newIntake();
    const records = [record(0, ATTEMPT), record(1, { ...ATTEMPT, outcome: 'committed' }), record(2, ATTEMPT)];
    await intake.attempts('t.audit.v1', 0, records);
    await intake.attempts('t.audit.v1', 0, records);
    expect(world.store.counts()).toMatchObject({ attempts: 2, duplicates: 2, poison: { malformed: 1 } });
  });
});
