import type { DomainEvent } from '@thuban/events';
import { checkpointName, type Database, type ProjectionTx } from './ports.js';
import type { Recorded } from './recorded.js';
import { moveCheckpoint, type Projection } from './projection.js';

const EVENTS_PER_TRANSACTION = 500;

/**
 * Folds the events of a key that wait, in their order: after the fold has been mended, or what it stumbled over. Whoever projects
 * meanwhile waits for each transaction.
 * @returns how many were folded; 0 when nothing waits under this key. Rejects with what the fold throws when it fails again; what was
 *   folded before is then not lost and the rest waits on.
 */
export const unparkKey = async <Tx extends ProjectionTx, E extends DomainEvent>(
  database: Database<Tx>,
  projection: Projection<Tx, E>,
  key: string,
): Promise<number> => {
  const slot = await database.activeSlot(projection.name);
  const name = checkpointName(projection.name, slot);
  let folded = 0;
  for (;;) {
    const checkpoint = await database.checkpointOf(name);
    if (!checkpoint) return folded;
    const count = await database.transaction(async (tx) => {
      // To where it is: this keeps the projector from queueing another event of the key behind the last one.
      await moveCheckpoint(tx, name, checkpoint, checkpoint);
      const parked = await tx.parked.ofKey(name, key, EVENTS_PER_TRANSACTION);
      if (parked.length === 0) return 0;
      await projection.project(
        tx,
        parked.map(({ event }) => JSON.parse(event) as Recorded<E>),
        slot,
      );
      await tx.parked.remove(name, parked);
      return parked.length;
    });
    if (count === 0) return folded;
    folded += count;
  }
};
