import type { Checkpoint, Database, ParkedEvent, ProjectionTx, Slot } from '@thuban/event-sourcing';

/** Rows in memory: texts by key. */
export interface MemoryTx extends ProjectionTx {
  readonly rows: Map<string, string>;
}

export interface MemoryDatabase extends Database<MemoryTx> {
  /** What is committed. */
  readonly rows: ReadonlyMap<string, string>;
  /** The events that wait, in the order in which they will be folded. */
  parked(name: string): readonly ParkedEvent[];
}

interface Contents {
  readonly rows: Map<string, string>;
  readonly checkpoints: Map<string, Checkpoint>;
  readonly parked: Map<string, readonly ParkedEvent[]>;
  readonly slots: Map<string, Slot>;
}

const copyOf = ({ rows, checkpoints, parked, slots }: Contents): Contents => ({
  rows: new Map(rows),
  checkpoints: new Map(checkpoints),
  parked: new Map(parked),
  slots: new Map(slots),
});

const transactionOn = ({ rows, checkpoints, parked, slots }: Contents): MemoryTx => {
  const waiting = (name: string): readonly ParkedEvent[] => parked.get(name) ?? [];
  return {
    rows,
    saveCheckpoint: async (name, previous, next) => {
      if (JSON.stringify(checkpoints.get(name)) !== JSON.stringify(previous)) return false;
      checkpoints.set(name, next);
      return true;
    },
    parked: {
      keys: async (name, max) => [...new Set(waiting(name).map(({ key }) => key))].slice(0, max),
      add: async (name, events) => {
        const all = [...waiting(name), ...events];
        parked.set(
          name,
          all.sort((a, b) => a.shard - b.shard || a.seq - b.seq),
        );
      },
      ofKey: async (name, key, max) =>
        waiting(name)
          .filter((event) => event.key === key)
          .slice(0, max),
      remove: async (name, events) => {
        const gone = new Set(events.map(({ shard, seq }) => `${shard}/${seq}`));
        parked.set(
          name,
          waiting(name).filter(({ shard, seq }) => !gone.has(`${shard}/${seq}`)),
        );
      },
    },
    forget: async (name) => {
      checkpoints.delete(name);
      parked.delete(name);
    },
    activate: async (projection, slot) => void slots.set(projection, slot),
  };
};

/**
 * A database in memory that keeps the whole contract.
 * @example const database = openMemoryDatabase();
 */
export const openMemoryDatabase = (): MemoryDatabase => {
  let committed: Contents = { rows: new Map(), checkpoints: new Map(), parked: new Map(), slots: new Map() };
  let last: Promise<unknown> = Promise.resolve();

  const transaction = async <R>(work: (tx: MemoryTx) => Promise<R>): Promise<R> => {
    const draft = copyOf(committed);
    const result = await work(transactionOn(draft));
    committed = draft;
    return result;
  };
  return {
    get rows() {
      return committed.rows;
    },
    parked: (name) => committed.parked.get(name) ?? [],
    transaction: (work) => {
      const result = last.then(() => transaction(work));
      last = result.catch(() => undefined);
      return result;
    },
    checkpointOf: async (name) => committed.checkpoints.get(name),
    activeSlot: async (projection) => committed.slots.get(projection) ?? 'a',
    close: async () => undefined,
  };
};
