import { CheckpointMismatch, GENESIS_HASH, type Checkpoint, type EventLog, type Tip } from '@thuban/event-sourcing';
import { RequestRefused } from '../problem.js';

/** How far a reader of a log has come, as text: `<log id>:<seq of shard 0>.<seq of shard 1>.…`. */

const SHORT = /^\d{1,16}(\.\d{1,16})*$/;

export const positionText = (log: Pick<EventLog, 'id'>, seqs: readonly number[]): string =>
  `${log.id}:${seqs.join('.')}`;

const refuse = (field: string, message: string): never => {
  throw new RequestRefused(400, 'INVALID_ARGUMENT', `query parameter ${field} ${message}`, [{ field, message }]);
};

/** A follower's place is not in this log: it was replaced. */
export const logChanged = (why: string): RequestRefused =>
  new RequestRefused(409, 'LOG_CHANGED', `${why} (its data was wiped or restored); begin anew`);

/** The seqs of a position. @throws RequestRefused 400 for what is none, 409 for one of another log. */
export const seqsOf = (
  log: Pick<EventLog, 'id' | 'name' | 'shards'>,
  position: string,
  field: string,
): readonly number[] => {
  const cut = position.lastIndexOf(':');
  const text = position.slice(cut + 1);
  const seqs = text.split('.').map(Number);
  if (cut < 1 || !SHORT.test(text) || seqs.length !== log.shards || !seqs.every(Number.isSafeInteger))
    return refuse(field, 'is not a position of this log');
  if (position.slice(0, cut) === log.id) return seqs;
  throw logChanged(`the position is one of another ${log.name} log`);
};

const tipAt = async (log: EventLog, shard: number, seq: number): Promise<Tip> => {
  if (seq === 0) return { seq, hash: GENESIS_HASH };
  const [event] = await log.read(shard, seq, 1);
  if (event) return { seq, hash: event.hash };
  throw new CheckpointMismatch(`shard ${shard} has no event ${seq}`);
};

/** The checkpoint at these seqs, to subscribe from. @throws RequestRefused 409 when the log does not reach there. */
export const checkpointAt = async (log: EventLog, seqs: readonly number[]): Promise<Checkpoint> => {
  try {
    return { logId: log.id, tips: await Promise.all(seqs.map((seq, shard) => tipAt(log, shard, seq))) };
  } catch (error) {
    if (!(error instanceof CheckpointMismatch)) throw error;
    throw logChanged(`the position is beyond the end of the ${log.name} log: ${error.message}`);
  }
};
