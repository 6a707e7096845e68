import type { DomainEvent } from '@thuban/events';
import { CheckpointMismatch, type Checkpoint, type EventLog } from './ports.js';
import type { Recorded } from './recorded.js';
import { replay } from './replay.js';

/** What a fold keeps of an event with an idempotency key; the whole event would keep its data alive. */
export type RememberedKey = Pick<Recorded, 'meta' | 'timeMs'>;

/** What a process knows from its rows when it starts: one event per living thing, as of `checkpoint`; absent: it has no rows. */
export interface Facts<E extends DomainEvent> {
  readonly checkpoint: Checkpoint | undefined;
  readonly facts: Iterable<Recorded<E>>;
  readonly remembered: readonly RememberedKey[];
}

/** A fold up to the tips that the log had. */
export interface StartedFold<F> {
  readonly folded: F;
  readonly checkpoint: Checkpoint;
  readonly remembered: readonly RememberedKey[];
  /** The seq per shard that the rows had come to. */
  readonly projected: readonly number[];
}

const NOTHING = { checkpoint: undefined, facts: [], remembered: [] };

/**
 * Starts a fold in memory: from the facts of the rows and what the log has after them, or from the whole log when the rows are of another one.
 * `create` makes an empty fold and says how events get into it. `onMismatch` is told why the rows were of no use.
 */
export const startFold = async <E extends DomainEvent, F>(
  log: EventLog,
  known: Facts<E>,
  create: () => { readonly folded: F; readonly fold: (event: Recorded<E>) => void },
  onMismatch: (reason: string) => void,
): Promise<StartedFold<F>> => {
  const start = async ({ checkpoint: from, facts, remembered }: Facts<E>): Promise<StartedFold<F>> => {
    const { folded, fold } = create();
    const keys = [...remembered];
    for (const fact of facts) fold(fact);
    const checkpoint = await replay<E>(log, from, (events) => {
      for (const event of events) {
        fold(event);
        const { meta, timeMs } = event;
        if (meta.idempotency) keys.push({ meta, timeMs });
      }
    });
    return {
      folded,
      checkpoint,
      remembered: keys,
      projected: checkpoint.tips.map((_, shard) => from?.tips[shard]?.seq ?? 0),
    };
  };
  try {
    return await start(known);
  } catch (error) {
    if (!known.checkpoint || !(error instanceof CheckpointMismatch)) throw error;
    onMismatch(error.message);
    return start(NOTHING);
  }
};
