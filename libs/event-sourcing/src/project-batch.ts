import type { DomainEvent } from '@thuban/events';
import {
  checkpointName,
  DatabaseUnavailable,
  type Checkpoint,
  type ParkedEvent,
  type ProjectionTx,
  type Slot,
} from './ports.js';
import type { Recorded } from './recorded.js';
import { beginningOf, moveCheckpoint, type Projection, type RunProjectionOptions } from './projection.js';

/** Where a batch has brought the checkpoint, and how many keys have events that wait. */
export interface Projected {
  readonly checkpoint: Checkpoint;
  readonly parkedKeys: number;
}

/** The fold of an event failed, and not the database. */
class FoldFailed extends Error {
  override readonly name = 'FoldFailed';
}

/** More keys are parked than single events can be to blame for. */
export class TooManyParked extends Error {
  override readonly name = 'TooManyParked';
}

const PARKED_KEYS_MAX = 1000;
const ERROR_MAX = 2000;

/** What an event is about. */
export const keyOf = <E extends DomainEvent>(projection: Projection<never, E>, event: Recorded<E>): string => {
  try {
    return projection.keyOf?.(event) ?? event.stream;
  } catch {
    return event.stream; // the event lacks what its key is made of
  }
};

/** The checkpoint after these events. Throws when one is missing between it and them (INV-3). */
const after = (checkpoint: Checkpoint, events: readonly Recorded[]): Checkpoint => {
  const tips = [...checkpoint.tips];
  for (const { shard, seq, hash } of events) {
    const expected = (tips[shard]?.seq ?? 0) + 1;
    if (seq !== expected)
      throw new Error(`event ${expected} of shard ${shard} is missing: the log went on with ${seq}`);
    tips[shard] = { seq, hash };
  }
  return { ...checkpoint, tips };
};

/**
 * Projects a batch and moves the checkpoint. A batch whose fold fails is halved until the event is found that it fails for; that event is
 * parked. Each part is a transaction of its own, so that what could be folded stays.
 */
export const projectBatch = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
  slot: Slot,
  previous: Checkpoint | undefined,
  events: readonly Recorded<E>[],
): Promise<Projected> => {
  try {
    return await projectPart(options, slot, previous, events);
  } catch (error) {
    if (!(error instanceof FoldFailed)) throw error;
    const [poison] = events;
    if (events.length === 1 && poison) {
      const projected = await projectPart(options, slot, previous, events, error.cause);
      tell(options, poison, error.cause);
      return projected;
    }
    const middle = events.length >>> 1;
    const { checkpoint } = await projectBatch(options, slot, previous, events.slice(0, middle));
    return projectBatch(options, slot, checkpoint, events.slice(middle));
  }
};

const tell = <Tx extends ProjectionTx, E extends DomainEvent>(
  { projection, onParked }: RunProjectionOptions<Tx, E>,
  event: Recorded<E>,
  error: unknown,
): void => {
  const { shard, seq, stream, type } = event;
  onParked?.({ projection: projection.name, key: keyOf(projection, event), shard, seq, stream, type, error });
};

/** One transaction. With `failure` the only event of the part is the poison, and is parked instead of folded. */
const projectPart = async <Tx extends ProjectionTx, E extends DomainEvent>(
  options: RunProjectionOptions<Tx, E>,
  slot: Slot,
  previous: Checkpoint | undefined,
  events: readonly Recorded<E>[],
  failure?: unknown,
): Promise<Projected> => {
  const { log, database, projection, sabotage, parkedKeysMax = PARKED_KEYS_MAX } = options;
  const name = checkpointName(projection.name, slot);
  const checkpoint = after(previous ?? beginningOf(log), events);
  if (sabotage) await database.transaction((tx) => moveCheckpoint(tx, name, previous, checkpoint));
  const parkedKeys = await database.transaction(async (tx) => {
    // First, so that of two projectors the later one stops here, before it has written anything.
    if (!sabotage) await moveCheckpoint(tx, name, previous, checkpoint);
    const parked = new Set(await tx.parked.keys(name, parkedKeysMax + 1));
    const waiting: ParkedEvent[] = [];
    const free: Recorded<E>[] = [];
    for (const event of events) {
      const key = parked.size > 0 || failure !== undefined ? keyOf(projection, event) : '';
      if (failure !== undefined) parked.add(key);
      if (parked.has(key)) waiting.push(parkedEvent(key, event, failure));
      else free.push(event);
    }
    if (parked.size > parkedKeysMax)
      throw new TooManyParked(`${name} cannot fold the events of ${parkedKeysMax} keys and stops: ${textOf(failure)}`);
    if (waiting.length > 0) await tx.parked.add(name, waiting);
    if (free.length > 0) await fold(tx, projection, free, slot);
    return parked.size;
  });
  return { checkpoint, parkedKeys };
};

const fold = async <Tx extends ProjectionTx, E extends DomainEvent>(
  tx: Tx,
  projection: Projection<Tx, E>,
  events: readonly Recorded<E>[],
  slot: Slot,
): Promise<void> => {
  try {
    await projection.project(tx, events, slot);
  } catch (error) {
    throw error instanceof DatabaseUnavailable ? error : new FoldFailed('the fold failed', { cause: error });
  }
};

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

const parkedEvent = (key: string, event: Recorded, failure: unknown): ParkedEvent => {
  const { shard, seq, stream } = event;
  const error = failure === undefined ? '' : textOf(failure).slice(0, ERROR_MAX);
  return { key, shard, seq, stream, error, event: JSON.stringify(event) };
};
