import {
  chainHash,
  CheckpointMismatch,
  GENESIS_HASH,
  LogUnavailable,
  ShardMoved,
  type Checkpoint,
  type Commit,
  type EventLog,
  type Recorded,
  type Tip,
} from '@thuban/event-sourcing';
import type { DomainEvent } from '@thuban/events';

let created = 0;

const refuseMalformed = ({ commitId, timeMs, writes }: Commit, shards: number): void => {
  const known = new Set<number>();
  const line = (text: string): boolean => !text.includes('\n');
  const fits = writes.every(
    ({ shard, events }) =>
      Number.isInteger(shard) &&
      shard >= 0 &&
      shard < shards &&
      !known.has(shard) &&
      known.add(shard) &&
      events.length > 0 &&
      events.every(({ stream, event }) => line(stream) && line(event.type)),
  );
  if (!fits || !Number.isSafeInteger(timeMs) || writes.length === 0 || commitId === '' || !line(commitId))
    throw new RangeError('not a commit that a log can take');
};

/**
 * A log in memory that keeps the whole contract. Any number of committers may share one: it says that it has other writers,
 * so they meet real conflicts.
 * @example const log = openMemoryLog({ name: 'registry', shards: 4 });
 */
export const openMemoryLog = ({ name, shards }: { readonly name: string; readonly shards: number }): EventLog => {
  const id = `memory-${++created}`;
  const events = Array.from({ length: shards }, (): Recorded[] => []);
  const wakers = new Set<() => void>();
  let closed = false;

  const tipOf = (shard: number): Tip => {
    const last = events[shard]?.at(-1);
    return last ? { seq: last.seq, hash: last.hash } : { seq: 0, hash: GENESIS_HASH };
  };
  const wakeAll = (): void => wakers.forEach((wake) => wake());
  const refuseClosed = (): void => {
    if (closed) throw new LogUnavailable('the log is closed');
  };

  const append = <E extends DomainEvent>({ commitId, timeMs, writes }: Commit<E>): Recorded<E>[] => {
    const appended: Recorded[] = [];
    for (const { shard, events: added } of writes)
      for (const { stream, event, meta } of added) {
        const { seq: previous, hash } = tipOf(shard);
        const { type } = event;
        const [seq, body] = [previous + 1, JSON.stringify({ data: event.data, meta })];
        const { data } = JSON.parse(body) as { data: object };
        const recorded: Recorded = {
          ...{ type, data, shard, seq, stream, meta, timeMs, commitId },
          hash: chainHash(hash, { log: name, shard, seq, stream, type, timeMs, commitId, body }),
        };
        events[shard]?.push(recorded);
        appended.push(recorded);
      }
    wakeAll();
    return appended as unknown as Recorded<E>[];
  };

  const check = (checkpoint: Checkpoint): void => {
    const fits =
      checkpoint.logId === id &&
      checkpoint.tips.length === shards &&
      checkpoint.tips.every(
        ({ seq, hash }, shard) => (seq === 0 ? GENESIS_HASH : events[shard]?.[seq - 1]?.hash) === hash,
      );
    if (!fits) throw new CheckpointMismatch(`the checkpoint is not one of log ${id}`);
  };

  async function* subscribe(from: Checkpoint | undefined, signal: AbortSignal): AsyncGenerator<readonly Recorded[]> {
    if (from) check(from);
    const seqs = events.map((_, shard) => from?.tips[shard]?.seq ?? 0);
    while (!signal.aborted && !closed) {
      const batch = events.flatMap((all, shard) => all.slice(seqs[shard])).slice(0, 1000);
      for (const { shard, seq } of batch) seqs[shard] = seq;
      if (batch.length > 0) yield batch;
      else
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            wakers.delete(wake);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          wakers.add(wake);
          signal.addEventListener('abort', wake);
        });
    }
  }

  return {
    name,
    id,
    shards,
    soleWriter: false,
    append: async (commit) => {
      // As with a real store, others get their turn between what a writer has read and what it writes.
      await new Promise(setImmediate);
      refuseClosed();
      refuseMalformed(commit, shards);
      const moved = commit.writes.find(({ shard, expectedSeq }) => tipOf(shard).seq !== expectedSeq);
      if (moved) throw new ShardMoved(moved.shard, moved.expectedSeq, tipOf(moved.shard).seq);
      return append(commit);
    },
    tips: async () => {
      refuseClosed();
      return events.map((_, shard) => tipOf(shard));
    },
    read: async (shard, fromSeq, max) => events[shard]?.slice(fromSeq - 1, fromSeq - 1 + max) ?? [],
    subscribe,
    close: async () => {
      closed = true;
      wakeAll();
    },
  };
};
