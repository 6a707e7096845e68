import type { Checkpoint, Database, ProjectionTx } from '@thuban/event-sourcing';

/** Rows in memory: texts by key. */
export interface MemoryTx extends ProjectionTx {
  readonly rows: Map<string, string>;
}

export interface MemoryDatabase extends Database<MemoryTx> {
  /** What is committed. */
  readonly rows: ReadonlyMap<string, string>;
}

/**
 * A database in memory that keeps the whole contract.
 * @example const database = openMemoryDatabase();
 */
export const openMemoryDatabase = (): MemoryDatabase => {
  let rows = new Map<string, string>();
  let checkpoints = new Map<string, Checkpoint>();
  let last: Promise<unknown> = Promise.resolve();

  const transaction = async <R>(work: (tx: MemoryTx) => Promise<R>): Promise<R> => {
    const draft = { rows: new Map(rows), checkpoints: new Map(checkpoints) };
    const result = await work({
      rows: draft.rows,
      saveCheckpoint: async (projection, previous, next) => {
        if (JSON.stringify(draft.checkpoints.get(projection)) !== JSON.stringify(previous)) return false;
        draft.checkpoints.set(projection, next);
        return true;
      },
    });
    ({ rows, checkpoints } = draft);
    return result;
  };
  return {
    get rows() {
      return rows;
    },
    transaction: (work) => {
      const result = last.then(() => transaction(work));
      last = result.catch(() => undefined);
      return result;
    },
    checkpointOf: async (projection) => checkpoints.get(projection),
    close: async () => undefined,
  };
};
