import { openDatabase } from '@thuban/database';
import { openClusterStore } from '@thuban/event-log-cluster';
import { foldInto, type Recorded } from '@thuban/event-sourcing';
import { REGISTRY_LOG, REGISTRY_SHARDS, type RegistryEvent } from '@thuban/events';
import { systemClock } from '@thuban/nest';
import { createRegistryState, evolve } from '@thuban/registry-domain';
import { loadRegistry, registryEntities, registryMigrations } from '@thuban/registry-read-model';
import { everythingIn, expectDenseAndChained } from '@thuban/testing';
import { loadMesh, meshEntities, meshMigrations } from '@thuban/xds-read-model';
import type { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import type { Ledger } from './ledger.js';
import { recordsOf } from './records.js';

type Events = readonly (readonly Recorded[])[];
type ByService = ReadonlyMap<string, readonly string[]>;

const QUIET_WITHIN_MS = 30_000;

const eventsOf = async (mysqlUrl: string): Promise<Events> => {
  const store = await openClusterStore({ mysqlUrl, clock: systemClock, onProblem: () => undefined });
  try {
    return await everythingIn(await store.log(REGISTRY_LOG, REGISTRY_SHARDS));
  } finally {
    await store.close();
  }
};

const foldOf = (facts: Iterable<Recorded<RegistryEvent>>, services: Iterable<string>): ByService => {
  const state = createRegistryState();
  foldInto(state, evolve, facts);
  return new Map(
    [...services].map((service) => [
      service,
      state
        .instances('default', service)
        .map(({ instance }) => `${instance.host}:${instance.port}`)
        .sort(),
    ]),
  );
};

/** INV-6: each event was decided on the state that the events before it make. */
const expectDecided = (events: Events): void => {
  const there = new Map<string, string>();
  const wrong: string[] = [];
  for (const { type, stream, shard, seq, data } of events.flat()) {
    const before = there.get(stream);
    if (type === 'InstanceRegistered') {
      const now = JSON.stringify(data);
      if (before === now) wrong.push(`INV-6: ${shard}/${seq} registers ${stream}, which is there as it is`);
      there.set(stream, now);
    } else if (type === 'InstanceDeregistered') {
      if (before === undefined) wrong.push(`INV-6: ${shard}/${seq} deregisters ${stream}, which is not there`);
      there.delete(stream);
    }
  }
  expect(wrong).toEqual([]);
};

/** INV-1 and INV-2: what was acknowledged is so in the fold of the store. */
const expectAcknowledged = (ledger: Ledger, there: ByService): void => {
  const wrong: string[] = [];
  for (const [service, known] of ledger.known) {
    const present = new Set(there.get(service));
    for (const [key, value] of known) {
      if (value === 'present' && !present.has(key)) wrong.push(`INV-1: ${service} ${key} was acknowledged and is lost`);
      if (value === 'absent' && present.has(key)) wrong.push(`INV-2: ${service} ${key} was deregistered and is back`);
    }
    for (const key of present) if (!known.has(key)) wrong.push(`${service} ${key}: nobody registered it`);
  }
  expect(wrong).toEqual([]);
};

/** INV-5: the rows of both read models are what the log folds to. */
const expectRows = async (mysqlUrl: string, events: Events, expected: ByService): Promise<void> => {
  const seqs = events.map((shard) => shard.length);
  const registry = await openDatabase({
    ...{ mysqlUrl, service: 'registry', entities: registryEntities, migrations: registryMigrations },
  });
  const mesh = await openDatabase({
    mysqlUrl,
    service: 'xds-push',
    entities: meshEntities,
    migrations: meshMigrations,
  });
  try {
    await eventually(async () => {
      const { checkpoint, facts } = await loadRegistry(registry);
      expect(checkpoint?.tips.map(({ seq }) => seq)).toEqual(seqs);
      expect(foldOf(facts, expected.keys())).toEqual(expected);
    }, QUIET_WITHIN_MS);
    await eventually(async () => {
      const loaded = await loadMesh(mesh);
      expect(loaded.registry.checkpoint?.tips.map(({ seq }) => seq)).toEqual(seqs);
      const rows = new Map([...expected.keys()].map((service): [string, string[]] => [service, []]));
      for (const { service, host, port } of loaded.rows.instances) rows.get(service)?.push(`${host}:${port}`);
      for (const keys of rows.values()) keys.sort();
      expect(rows).toEqual(expected);
    }, QUIET_WITHIN_MS);
  } finally {
    await registry.close();
    await mesh.close();
  }
};

/** INV-3: a consumer from offset 0 has each shard once and in order; what its topic lost is in the table before what it has. */
const expectTopic = (cluster: Cluster, events: Events, wiped: boolean): Promise<void> =>
  eventually(async () => {
    const shards = await recordsOf(cluster, REGISTRY_SHARDS);
    for (const [shard, hashes] of shards.entries()) {
      const expected = events[shard]!.map(({ hash }) => hash);
      if (!wiped) expect(hashes).toEqual(expected);
      else if (hashes.length > 0) expect(hashes).toEqual(expected.slice(-hashes.length));
    }
  }, QUIET_WITHIN_MS);

/** INV-10: every replica answers, and every stream has, what the log folds to. */
const expectSeen = async ({ clients, mirrors }: Cluster, expected: ByService): Promise<void> => {
  for (const [service, keys] of expected) {
    for (const client of clients)
      await eventually(async () => expect([...(await client.discover(service))].sort()).toEqual(keys), QUIET_WITHIN_MS);
    for (const mirror of mirrors)
      await eventually(() => expect([...mirror.endpoints(service).keys()].sort()).toEqual(keys), QUIET_WITHIN_MS);
  }
  expect(mirrors.flatMap(({ problems }) => problems)).toEqual([]);
};

/**
 * After quiet: compares what senders were told with the store, the rows of each projection, the topic from its beginning, the answers of
 * each registry replica and what a stream of each xds-push has received.
 * `wiped`: the topic was deleted meanwhile, so that only its newest part must be there.
 */
export const check = async (cluster: Cluster, ledger: Ledger, wiped = false): Promise<void> => {
  await eventually(() => Promise.all(cluster.apps.map((app) => app.ready())), QUIET_WITHIN_MS);
  const events = await eventsOf(cluster.mysqlUrl);
  expectDenseAndChained(REGISTRY_LOG, events);
  expectDecided(events);
  const expected = foldOf(events.flat() as Recorded<RegistryEvent>[], ledger.known.keys());
  expectAcknowledged(ledger, expected);
  await expectSeen(cluster, expected);
  await expectTopic(cluster, events, wiped);
  await expectRows(cluster.mysqlUrl, events, expected);
};
