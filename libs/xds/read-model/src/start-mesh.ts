import type { RegistryEvent, RulesEvent } from '@thuban/events';
import { CheckpointMismatch, replay, type Checkpoint, type EventLog } from '@thuban/event-sourcing';
import { createMesh, evolveMesh, type Mesh } from '@thuban/xds-mesh';
import type { LoadedMesh } from './load-mesh.js';

/** The logs that a mesh is made of. */
export interface MeshLogs {
  readonly registry: EventLog;
  readonly rules: EventLog;
}

/** A mesh up to the tips that its logs had, and where to follow them from. */
export interface StartedMesh {
  readonly mesh: Mesh;
  readonly registry: Checkpoint;
  readonly rules: Checkpoint;
}

const NOTHING = { checkpoint: undefined, waiting: [] };

const withoutRegistry = (loaded: LoadedMesh): LoadedMesh => ({
  ...loaded,
  registry: NOTHING,
  rows: { ...loaded.rows, services: [], aliases: [], instances: [] },
});

const withoutRules = (loaded: LoadedMesh): LoadedMesh => ({
  ...loaded,
  rules: NOTHING,
  rows: { ...loaded.rows, routeRules: [], serviceRoutings: [] },
});

/**
 * A mesh from its rows and what the logs have after them. Rows of another log are of no use: `onMismatch` is told why, and that log is
 * read from the beginning.
 */
export const startMesh = async (
  logs: MeshLogs,
  loaded: LoadedMesh,
  onMismatch: (reason: string) => void,
): Promise<StartedMesh> => {
  const mesh = createMesh(loaded.rows);
  const fold = (events: readonly Parameters<typeof evolveMesh>[1][]): void => {
    for (const event of events) evolveMesh(mesh, event);
  };
  fold(loaded.registry.waiting);
  fold(loaded.rules.waiting);
  const catchUp = async (log: EventLog, from: Checkpoint | undefined): Promise<Checkpoint | undefined> => {
    try {
      return await replay<RegistryEvent | RulesEvent>(log, from, fold);
    } catch (error) {
      if (!from || !(error instanceof CheckpointMismatch)) throw error;
      onMismatch(error.message);
      return undefined;
    }
  };
  const registry = await catchUp(logs.registry, loaded.registry.checkpoint);
  if (!registry) return startMesh(logs, withoutRegistry(loaded), onMismatch);
  const rules = await catchUp(logs.rules, loaded.rules.checkpoint);
  if (!rules) return startMesh(logs, withoutRules(loaded), onMismatch);
  return { mesh, registry, rules };
};
