import type { DomainEvent } from '@thuban/events';
import { checkpointName, type EventLog, type ProjectionTx, type Slot } from './ports.js';
import { beginningOf, moveCheckpoint, type RunProjectionOptions } from './projection.js';
import { projectInto, startOver } from './run-projection.js';

const reaches = (seqs: readonly number[], tips: readonly number[]): boolean =>
  tips.every((seq, shard) => (seqs[shard] ?? 0) >= seq);

const seqsOf = async (log: EventLog): Promise<number[]> => (await log.tips()).map(({ seq }) => seq);

/**
 * Makes the rows of a projection anew from the log, in the slot that nobody reads, and then switches: readers of the old rows go on
 * until that commit, and the projector of the old rows finds its checkpoint gone, stops, and goes on with the new ones when it is
 * started again. Only for projections whose tables are there twice, once a slot.
 * @returns the slot that is active now, or `undefined` when `signal` aborted before. Rejects as `runProjection` does; what was made so
 *   far is thrown away by the next rebuild.
 */
export const rebuildProjection = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
): Promise<Slot | undefined> => {
  const { log, database, projection, signal } = options;
  const active = await database.activeSlot(projection.name);
  const slot: Slot = active === 'a' ? 'b' : 'a';
  const name = checkpointName(projection.name, slot);
  await startOver(log, database, projection, slot, await database.checkpointOf(name));
  // Twice: the first pass may be long, and the log goes on; what comes after the second is little.
  for (let pass = 0; pass < 2 && !signal.aborted; pass++) await projectTo(options, slot, await seqsOf(log));
  if (signal.aborted) return undefined;
  const reached = (await database.checkpointOf(name)) ?? beginningOf(log);
  await database.transaction(async (tx) => {
    await moveCheckpoint(tx, name, reached, reached);
    await tx.forget(checkpointName(projection.name, active));
    await tx.activate(projection.name, slot);
  });
  await database.transaction((tx) => projection.reset(tx, active));
  return slot;
};

/** Projects until the rows are as far as these seqs. */
const projectTo = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
  slot: Slot,
  tips: readonly number[],
): Promise<void> => {
  const stored = await options.database.checkpointOf(checkpointName(options.projection.name, slot));
  if (reaches(stored?.tips.map(({ seq }) => seq) ?? [], tips)) return;
  const reached = new AbortController();
  const onProgress: typeof options.onProgress = (progress) => {
    options.onProgress?.(progress);
    if (reaches(progress.seqs, tips)) reached.abort();
  };
  await projectInto({ ...options, onProgress, signal: AbortSignal.any([options.signal, reached.signal]) }, slot);
};
