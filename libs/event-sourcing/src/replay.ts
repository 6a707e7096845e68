import type { DomainEvent } from '@thuban/events';
import { GENESIS_HASH } from './chain.js';
import type { Checkpoint, EventLog, Tip } from './ports.js';
import { CheckpointMismatch } from './ports.js';
import type { Recorded } from './recorded.js';

const READ_BATCH = 1000;

/** Throws CheckpointMismatch unless every tip of the checkpoint is an event of this log. */
const verify = async (log: EventLog, checkpoint: Checkpoint): Promise<void> => {
  if (checkpoint.logId !== log.id)
    throw new CheckpointMismatch(`the checkpoint is of log ${checkpoint.logId}, this is log ${log.id}`);
  for (const [shard, tip] of checkpoint.tips.entries()) {
    if (tip.seq === 0) continue;
    const [event] = await log.read(shard, tip.seq, 1);
    if (event?.hash !== tip.hash)
      throw new CheckpointMismatch(`shard ${shard} has ${event ? 'another' : 'no'} event at seq ${tip.seq}`);
  }
};

/**
 * Reads everything between a checkpoint (absent: the beginning) and the tips of now, in batches, shard by shard.
 * @returns the checkpoint it came to, for `subscribe`.
 * @throws CheckpointMismatch when the checkpoint does not belong to this log; `fold` was not called.
 */
export const replay = async <E extends DomainEvent>(
  log: EventLog,
  from: Checkpoint | undefined,
  fold: (events: readonly Recorded<E>[]) => void,
): Promise<Checkpoint> => {
  if (from) await verify(log, from);
  const reached: Tip[] = [];
  for (const [shard, tip] of (await log.tips()).entries()) {
    let at = from?.tips[shard] ?? { seq: 0, hash: GENESIS_HASH };
    while (at.seq < tip.seq) {
      const events = (await log.read(shard, at.seq + 1, READ_BATCH)) as readonly Recorded<E>[];
      const last = events.at(-1);
      if (!last) break;
      fold(events);
      at = { seq: last.seq, hash: last.hash };
    }
    reached.push(at);
  }
  return { logId: log.id, tips: reached };
};
