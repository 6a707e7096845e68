import type { DomainEvent } from '@thuban/events';
import { chainHash, GENESIS_HASH } from './chain.js';
import type { Commit, Tip } from './ports.js';
import type { Recorded } from './recorded.js';

/** An event and the JSON text of `{"data":…,"meta":…}` that its hash covers. */
export interface EventRow {
  readonly event: Recorded;
  readonly body: string;
}

/** @throws RangeError for a commit that no caller should make; nothing is written. */
export const refuseMalformed = ({ commitId, timeMs, writes }: Commit, shards: number): void => {
  const seen = new Set<number>();
  if (writes.length === 0) throw new RangeError('a commit needs at least one write');
  if (commitId === '' || commitId.includes('\n')) throw new RangeError('a commit id is a non-empty line');
  if (!Number.isSafeInteger(timeMs)) throw new RangeError('the time of a commit is in whole milliseconds');
  for (const { shard, events } of writes) {
    if (!Number.isInteger(shard) || shard < 0 || shard >= shards) throw new RangeError(`there is no shard ${shard}`);
    if (seen.has(shard)) throw new RangeError(`shard ${shard} is written twice in one commit`);
    if (events.length === 0) throw new RangeError(`the write to shard ${shard} has no events`);
    for (const { stream, event } of events)
      if (stream.includes('\n') || event.type.includes('\n'))
        throw new RangeError('streams and types have no line feeds');
    seen.add(shard);
  }
};

/** Gives the events of a commit their places and hashes, in the order of its writes. */
export const rowsOf = <E extends DomainEvent>(
  log: string,
  tips: readonly Tip[],
  { commitId, timeMs, writes }: Commit<E>,
): EventRow[] => {
  const rows: EventRow[] = [];
  for (const { shard, events } of writes) {
    let { seq, hash } = tips[shard] ?? { seq: 0, hash: GENESIS_HASH };
    for (const { stream, event, meta, dataText } of events) {
      const { type, data } = event;
      const body = `{"data":${dataText ?? JSON.stringify(data)},"meta":${JSON.stringify(meta)}}`;
      seq++;
      hash = chainHash(hash, { log, shard, seq, stream, type, timeMs, commitId, body });
      rows.push({ event: { type, data, shard, seq, stream, meta, timeMs, commitId, hash }, body });
    }
  }
  return rows;
};
