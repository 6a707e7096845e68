import { rowKey, type ReadModelDatabase, type ReadModelReader } from '@thuban/database';
import { REGISTRY_SHARDS, shardOf, streamId, type Instance, type Json, type RegistryEvent } from '@thuban/events';
import { checkpointName, type Checkpoint, type Recorded, type Slot } from '@thuban/event-sourcing';
import {
  aliasOf,
  instancesOf,
  namespaceOf,
  serviceOf,
  type AliasRow,
  type IdempotencyRow,
  type StoredInstance,
  type NamespaceRow,
  type ServiceRow,
} from './rows.js';
import { REGISTRY_PROJECTION, tables, type TableName } from './schemas.js';

type Fact = Recorded<RegistryEvent>;

/** The registry as its rows hold it. */
export interface LoadedRegistry {
  /** Where the log is to be read on from; `undefined`: from the beginning. */
  readonly checkpoint: Checkpoint | undefined;
  /**
   * What is left of the log up to the checkpoint: events, by shard and seq, that fold to the state that the whole log folds to.
   * Of a thing's history only what shows in the state remains, so seqs have gaps and hashes are empty. Events that are parked are among
   * them: whoever decides needs them, although no row has them.
   * To be read once: they are made shard by shard while they are read, so that a fraction of them is alive at a time.
   */
  readonly facts: Iterable<Fact>;
  /** The idempotency keys of the last 24 hours of event time, oldest first. */
  readonly remembered: readonly Pick<Fact, 'meta' | 'timeMs'>[];
}

const META = { actor: 'system', requestId: '' };

interface Place {
  readonly shard: number;
  readonly stream: string;
}

const fact = ({ shard, stream }: Place, { type, data }: RegistryEvent, seq: number, timeMs: number): Fact =>
  // TypeScript loses the tie between type and data here.
  ({ type, data, shard, seq, stream, meta: META, timeMs, commitId: '', hash: '' }) as Fact;

const shard = (key: string): number => shardOf(key, REGISTRY_SHARDS);

const namespaceFacts = (row: NamespaceRow): Fact[] => {
  const place = { shard: shard(row.name), stream: streamId('namespace', row.name) };
  const data = namespaceOf(row);
  const created = fact(place, { type: 'NamespaceCreated', data }, row.created_seq, row.created_at);
  if (row.changed_seq === row.created_seq) return [created];
  return [created, fact(place, { type: 'NamespaceChanged', data }, row.changed_seq, row.changed_at)];
};

const aliasFacts = (row: AliasRow): Fact[] => {
  const place = { shard: shard(`${row.namespace}/${row.name}`), stream: streamId('alias', row.namespace, row.name) };
  return [fact(place, { type: 'AliasCreated', data: aliasOf(row) }, row.seq, row.created_at)];
};

/** A service with its instances: they share a shard, and the newest of their facts must be the service's `touched_seq`. */
const serviceFacts = (row: ServiceRow, instances: readonly LivingInstance[]): Fact[] => {
  const { namespace, name } = row;
  const place = { shard: shard(`${namespace}/${name}`), stream: streamId('service', namespace, name) };
  const living = instances.flatMap((instance) => instanceFacts(place.shard, instance));
  if (row.implied === 1) return [...impliedServiceFacts(place, row, living)];
  const data = serviceOf(row);
  const created = fact(place, { type: 'ServiceCreated', data }, row.created_seq, row.created_at);
  const newest = living.reduce((max, { seq }) => Math.max(max, seq), row.changed_seq);
  const changed = (seq: number) => fact(place, { type: 'ServiceChanged', data }, seq, row.changed_at);
  // What touched it last may be gone (a deregistration): then its own last change is restated at that place.
  if (newest !== row.touched_seq) return [created, ...living, changed(row.touched_seq)];
  return row.changed_seq === row.created_seq ? [created, ...living] : [created, changed(row.changed_seq), ...living];
};

/** The instance that stands for what made an implied service. Real ids are not empty, so it cannot meet one. */
const ghost = (namespace: string, service: string): Instance => ({
  id: '',
  namespace,
  service,
  vpcId: '',
  host: '',
  port: 0,
  protocol: '',
  version: '',
  logicSet: '',
  priority: 0,
  weight: 0,
  healthy: false,
  isolated: true,
  location: { region: '', zone: '', campus: '' },
  metadata: {},
});

/** Nothing describes the service, so a registration must have made it, and a deletion in spite of instances may have undescribed it. */
const impliedServiceFacts = (service: Place, row: ServiceRow, living: readonly Fact[]): Fact[] => {
  const { namespace, name } = row;
  const place = { shard: service.shard, stream: streamId('instance', namespace, name, '') };
  const made = fact(
    place,
    { type: 'InstanceRegistered', data: ghost(namespace, name) },
    row.created_seq,
    row.created_at,
  );
  const deleted = fact(service, { type: 'ServiceDeleted', data: { namespace, name } }, row.changed_seq, row.changed_at);
  const gone = { type: 'InstanceDeregistered', data: { namespace, service: name, id: '' } } as const;
  const undescribed = row.changed_seq === row.created_seq ? [] : [deleted];
  return [made, ...undescribed, ...living, fact(place, gone, row.touched_seq, row.changed_at)];
};

/** What of an instance's row is kept until its facts are made: without the text that it was read from. */
interface LivingInstance extends Omit<StoredInstance, 'data'> {
  readonly instance: Instance;
}

const instanceFacts = (shard: number, living: LivingInstance): Fact[] => {
  const { instance, incarnation, seq, registered_at, changed_at } = living;
  const place = { shard, stream: streamId('instance', instance.namespace, instance.service, instance.id) };
  const registered = fact(place, { type: 'InstanceRegistered', data: instance }, incarnation, registered_at);
  if (seq === incarnation) return [registered];
  return [registered, fact(place, { type: 'InstanceChanged', data: instance }, seq, changed_at)];
};

type ByService = Map<string, LivingInstance[]>;

const addTo = (groups: ByService, rows: readonly StoredInstance[]): void => {
  for (const [i, instance] of instancesOf(rows).entries()) {
    const { incarnation, seq, registered_at, changed_at } = rows[i] as StoredInstance;
    const living = { instance, incarnation, seq, registered_at, changed_at };
    const key = rowKey(instance.namespace, instance.service);
    const group = groups.get(key);
    if (group) group.push(living);
    else groups.set(key, [living]);
  }
};

const PAGE = 2000;
const INSTANCE_COLUMNS = ['data', 'incarnation', 'seq', 'registered_at', 'changed_at'];

/** In pages, so that the texts of few rows are in memory at a time. */
const instancesByService = async (reader: ReadModelReader, slot: Slot): Promise<ByService> => {
  const groups: ByService = new Map();
  const table = tables.nameIn(slot, 'registry_instance');
  const keyColumns = tables.keyColumns('registry_instance');
  const pages = reader.pages<StoredInstance>({ table, columns: INSTANCE_COLUMNS, keyColumns, size: PAGE });
  for await (const rows of pages) addTo(groups, rows);
  return groups;
};

const inShards = <R>(rows: readonly R[], shardOfRow: (row: R) => number): readonly R[][] => {
  const shards = Array.from({ length: REGISTRY_SHARDS }, (): R[] => []);
  for (const row of rows) shards[shardOfRow(row)]?.push(row);
  return shards;
};

interface Rows {
  readonly namespaces: readonly NamespaceRow[];
  readonly aliases: readonly AliasRow[];
  readonly services: readonly ServiceRow[];
  readonly instances: ByService;
  readonly waiting: readonly Fact[];
}

/** By shard and seq. The sort is stable: what stands at the same seq stays in the order in which it was made. */
function* factsOf({ namespaces, aliases, services, instances, waiting }: Rows): Generator<Fact, void> {
  const living = ({ namespace, name }: ServiceRow) => instances.get(rowKey(namespace, name)) ?? [];
  const ofName = ({ namespace, name }: AliasRow | ServiceRow) => shard(`${namespace}/${name}`);
  const namespacesOf = inShards(namespaces, ({ name }) => shard(name));
  const aliasesOf = inShards(aliases, ofName);
  const waitingOf = inShards(waiting, (event) => event.shard);
  for (const [i, servicesOf] of inShards(services, ofName).entries()) {
    const facts = [
      ...(namespacesOf[i] ?? []).flatMap(namespaceFacts),
      ...(aliasesOf[i] ?? []).flatMap(aliasFacts),
      ...servicesOf.flatMap((row) => serviceFacts(row, living(row))),
      ...(waitingOf[i] ?? []),
    ];
    yield* facts.sort((a, b) => a.seq - b.seq);
  }
}

const rememberedOf = ({ idempotency_key, fingerprint, answer, at }: IdempotencyRow): Pick<Fact, 'meta' | 'timeMs'> => ({
  meta: { ...META, idempotency: { key: idempotency_key, fingerprint, answer: JSON.parse(answer) as Json } },
  timeMs: at,
});

/** Reads the rows back: how a process starts without reading the whole log. */
export const loadRegistry = (database: ReadModelDatabase): Promise<LoadedRegistry> =>
  database.snapshot(async (reader) => {
    const slot = await reader.activeSlot(REGISTRY_PROJECTION);
    const name = checkpointName(REGISTRY_PROJECTION, slot);
    const all = <R>(table: TableName, order = ''): Promise<R[]> =>
      reader.query<R>(`SELECT * FROM ${tables.nameIn(slot, table)} ${order}`);
    const rows: Rows = {
      namespaces: await all<NamespaceRow>('registry_namespace'),
      services: await all<ServiceRow>('registry_service'),
      aliases: await all<AliasRow>('registry_alias'),
      instances: await instancesByService(reader, slot),
      waiting: (await reader.parkedEvents(name)).map(({ event }) => JSON.parse(event) as Fact),
    };
    const remembered = await all<IdempotencyRow>('registry_idempotency', 'ORDER BY at');
    return {
      checkpoint: await reader.checkpointOf(name),
      facts: factsOf(rows),
      remembered: remembered.map(rememberedOf),
    };
  });
