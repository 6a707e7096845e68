import { openDatabase, type ReadModelDatabase } from '@thuban/database';
import type { RegistryEvent } from '@thuban/events';
import {
  CheckpointMismatch,
  foldInto,
  replay,
  type Checkpoint,
  type EventLog,
  type Recorded,
} from '@thuban/event-sourcing';
import type { Logger } from '@thuban/nest';
import { createRegistryState, evolve, type RegistryState } from '@thuban/registry-domain';
import { loadRegistry, registryEntities, registryMigrations } from '@thuban/registry-read-model';
import { createMesh, evolveMesh, type Mesh } from '@thuban/xds-mesh';

type Remembered = Pick<Recorded<RegistryEvent>, 'meta' | 'timeMs'>;

/** Both folds of the registry log, up to its tips. */
export interface Folded {
  readonly state: RegistryState;
  readonly mesh: Mesh;
  readonly checkpoint: Checkpoint;
  readonly remembered: readonly Remembered[];
  /** The seq per shard that the rows have come to. */
  readonly projected: readonly number[];
}

/** The database of the read models in this process. */
export const openReadModels = (file: string): Promise<ReadModelDatabase> =>
  openDatabase({ file, entities: registryEntities, migrations: registryMigrations });

/** Folds the facts of the rows and what the log has after them; the whole log when the rows are of another one. */
export const loadFolds = async (log: EventLog, database: ReadModelDatabase, logger: Logger): Promise<Folded> => {
  const { checkpoint, facts, remembered } = await loadRegistry(database);
  if (!checkpoint) return foldFrom(log, undefined, [], []);
  try {
    return await foldFrom(log, checkpoint, facts, remembered);
  } catch (error) {
    if (!(error instanceof CheckpointMismatch)) throw error;
    logger.warn(`read.db does not fit log.db and is made anew: ${error.message}`);
    return foldFrom(log, undefined, [], []);
  }
};

const foldFrom = async (
  log: EventLog,
  from: Checkpoint | undefined,
  facts: Iterable<Recorded<RegistryEvent>>,
  remembered: readonly Remembered[],
): Promise<Folded> => {
  const state = createRegistryState();
  const mesh = createMesh();
  const keys = [...remembered];
  const fold = (events: Iterable<Recorded<RegistryEvent>>): void => {
    for (const event of events) {
      foldInto(state, evolve, [event]);
      evolveMesh(mesh, event);
    }
  };
  fold(facts);
  const checkpoint = await replay<RegistryEvent>(log, from, (events) => {
    fold(events);
    // The whole event would keep its data alive.
    for (const { meta, timeMs } of events) if (meta.idempotency) keys.push({ meta, timeMs });
  });
  const projected = checkpoint.tips.map((_, shard) => from?.tips[shard]?.seq ?? 0);
  return { state, mesh, checkpoint, remembered: keys, projected };
};
