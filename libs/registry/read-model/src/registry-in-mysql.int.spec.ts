import { openDatabase, type ReadModelDatabase } from '@thuban/database';
import { REGISTRY_SHARDS, shardOf, streamId, type RegistryEvent } from '@thuban/events';
import { CheckpointMoved, DatabaseUnavailable, runProjection, type EventLog } from '@thuban/event-sourcing';
import { describeWithStack, everythingIn, fakeClock, openMemoryLog, startStack, type Stack } from '@thuban/testing';
import fc from 'fast-check';
import { dump, fold, history, instance, type Event } from './fixtures/any-history.js';
import { loadRegistry, registryEntities, registryMigrations, registryProjection } from './index.js';

const openRows = (mysqlUrl: string): Promise<ReadModelDatabase> =>
  openDatabase({ mysqlUrl, service: 'registry', entities: registryEntities, migrations: registryMigrations });

const append = async (log: EventLog, services: number, round: number): Promise<void> => {
  for (let i = 0; i < services; i++) {
    const service = `s${i}`;
    const shard = shardOf(`a/${service}`, REGISTRY_SHARDS);
    const data = instance('a', service, `i${round % 7}`, round % 5);
    const event: RegistryEvent = { type: round % 11 === 0 ? 'InstanceChanged' : 'InstanceRegistered', data };
    const events = [
      { stream: streamId('instance', 'a', service, data.id), event, meta: { actor: 'test', requestId: '' } },
    ];
    const expectedSeq = (await log.tips())[shard]?.seq ?? 0;
    await log.append({
      commitId: `${round}-${i}`,
      timeMs: 1_764_028_800_000 + round,
      writes: [{ shard, expectedSeq, events }],
    });
  }
};

describeWithStack(['mysql'], 'the registry read model in MySQL', () => {
  let stack: Stack;
  let url: string;
  let database: ReadModelDatabase;
  beforeAll(async () => {
    stack = await startStack(['mysql']);
    url = await stack.freshDatabase();
    database = await openRows(url);
  }, 120_000);
  afterAll(async () => {
    await database.close();
    await stack.stop();
  });
  beforeEach(() =>
    database.transaction(async (tx) => {
      await registryProjection.reset(tx, 'a');
      await tx.forget(registryProjection.name);
    }),
  );

  it(
    'INV: the facts of the rows fold to exactly the state of the whole log, wherever the batches are cut',
    () =>
      fc.assert(
        fc.asyncProperty(history, fc.array(fc.integer({ min: 1, max: 20 })), async (events, cuts) => {
          await database.transaction((tx) => registryProjection.reset(tx, 'a'));
          let from = 0;
          for (const cut of [...cuts, events.length]) {
            const batch = events.slice(from, from + cut);
            await database.transaction((tx) => registryProjection.project(tx, batch, 'a'));
            from += cut;
          }
          expect(dump(fold([...(await loadRegistry(database)).facts]))).toBe(dump(fold(events)));
        }),
        { numRuns: 25 },
      ),
    60_000,
  );

  it('INV-5: two projectors at once are harmless: one moves the checkpoint, the other begins again', async () => {
    const log = openMemoryLog({ name: 'registry', shards: REGISTRY_SHARDS });
    const other = await openRows(url);
    const ended = new AbortController();
    let [moved, isAppended] = [0, false];
    const projecting = async (rows: ReadModelDatabase): Promise<void> => {
      while (!ended.signal.aborted)
        try {
          await runProjection({
            ...{ log, database: rows, projection: registryProjection, signal: ended.signal, clock: fakeClock() },
            onProgress: async ({ seqs }) => {
              const tips = (await log.tips()).map(({ seq }) => seq);
              if (isAppended && seqs.join() === tips.join()) ended.abort();
            },
          });
        } catch (error) {
          if (error instanceof CheckpointMoved) moved++;
          else expect(error).toBeInstanceOf(DatabaseUnavailable);
        }
    };
    const both = [projecting(database), projecting(other)];
    for (let round = 0; round < 30; round++) {
      await append(log, 20, round);
      await new Promise(setImmediate);
    }
    isAppended = true;
    await append(log, 1, 30);
    await Promise.all(both);
    await other.close();
    expect(moved).toBeGreaterThan(0);
    const { checkpoint, facts } = await loadRegistry(database);
    expect(checkpoint).toEqual({ logId: log.id, tips: await log.tips() });
    expect(dump(fold([...facts]))).toBe(dump(fold((await everythingIn(log)).flat() as Event[])));
    expect(await database.parkedEvents(registryProjection.name)).toEqual([]);
  }, 60_000);

  it('20,000 rows cost this process little', async () => {
    const events = Array.from({ length: 20_000 }, (_, i): Event => {
      const data = instance('a', `s${i % 500}`, `instance-${i}`, 1);
      const [shard, seq] = [shardOf(`a/s${i % 500}`, REGISTRY_SHARDS), i + 1];
      return {
        type: 'InstanceRegistered',
        data,
        shard,
        seq,
        timeMs: 1,
        meta: { actor: '', requestId: '' },
        stream: '',
        commitId: '',
        hash: '',
      };
    });
    const before = process.cpuUsage();
    await database.transaction((tx) => registryProjection.project(tx, events, 'a'));
    const { user, system } = process.cpuUsage(before);
    expect(await database.query('SELECT count(*) AS n FROM registry_instance')).toEqual([{ n: 20_000 }]);
    // 20 µs a row here
    expect((user + system) / 20_000).toBeLessThan(80);
  }, 60_000);
});
