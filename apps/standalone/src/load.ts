import { openDatabase, type ReadModelDatabase } from '@thuban/database';
import type { RegistryEvent } from '@thuban/events';
import { foldInto, startFold, type EventLog, type StartedFold } from '@thuban/event-sourcing';
import type { Logger } from '@thuban/nest';
import { createRegistryState, evolve, type RegistryState } from '@thuban/registry-domain';
import { loadRegistry, registryEntities, registryMigrations } from '@thuban/registry-read-model';
import { createMesh, evolveMesh, type Mesh } from '@thuban/xds-mesh';

/** Both folds of the registry log: what the registry answers from, and the world as proxies need it. */
export interface Folds {
  readonly state: RegistryState;
  readonly mesh: Mesh;
}

/** The database of the read models in this process. */
export const openReadModels = (file: string): Promise<ReadModelDatabase> =>
  openDatabase({ file, entities: registryEntities, migrations: registryMigrations });

const createFolds = () => {
  const folded = { state: createRegistryState(), mesh: createMesh() };
  return {
    folded,
    fold: (event: Parameters<typeof evolve>[1]): void => {
      foldInto(folded.state, evolve, [event]);
      evolveMesh(folded.mesh, event);
    },
  };
};

/** Folds the facts of the rows and what the log has after them, both folds in one pass. */
export const loadFolds = async (
  log: EventLog,
  database: ReadModelDatabase,
  logger: Logger,
): Promise<StartedFold<Folds>> =>
  startFold<RegistryEvent, Folds>(log, await loadRegistry(database), createFolds, (reason) =>
    logger.warn(`read.db does not fit log.db and is made anew: ${reason}`),
  );
