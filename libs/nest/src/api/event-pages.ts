import type { Checkpoint, Clock, EventLog, Recorded, Tip } from '@thuban/event-sourcing';
import { RequestRefused } from '../problem.js';
import { logChanged, positionText, seqsOf } from './event-position.js';
import type { Followers } from './followers.js';
import type { InputOf } from './operation.js';
import type { PROCESS_OPERATIONS } from './process-operations.js';
import { eventView } from './event-view.js';

type Query = InputOf<typeof PROCESS_OPERATIONS.listEvents>['query'];

const refuse = (field: string, message: string): never => {
  throw new RequestRefused(400, 'INVALID_ARGUMENT', `query parameter ${field} ${message}`, [{ field, message }]);
};

/** The log of this name. @throws RequestRefused 404 naming those that there are. */
export const logNamed = (logs: readonly EventLog[], name: string): EventLog => {
  const log = logs.find((each) => each.name === name);
  if (log) return log;
  const names = logs.map((each) => each.name).join(', ');
  throw new RequestRefused(404, 'LOG_NOT_FOUND', `log "${name}" does not exist here; there is: ${names}`);
};

const zeros = (log: EventLog): readonly number[] => new Array<number>(log.shards).fill(0);

/** @throws RequestRefused 409 when a cursor is beyond the tips: an older copy of the log has taken its place. */
const refuseBeyond = (log: EventLog, cursor: readonly number[], tips: readonly Tip[]): void => {
  const shard = cursor.findIndex((seq, each) => seq > (tips[each]?.seq ?? 0));
  if (shard >= 0) throw logChanged(`the position is beyond the end of shard ${shard} of the ${log.name} log`);
};

/** Where to begin: after the cursor, at `from` of the shard, or at the beginning. */
const startOf = (log: EventLog, { shard, from, cursor }: Query): readonly number[] => {
  if (shard !== undefined && shard >= log.shards) refuse('shard', `must be from 0 to ${log.shards - 1}`);
  if (from !== undefined && shard === undefined) refuse('from', 'needs a shard: order is promised within one only');
  if (cursor !== undefined) return seqsOf(log, cursor, 'cursor');
  return from === undefined ? zeros(log) : zeros(log).map((zero, each) => (each === shard ? from - 1 : zero));
};

interface Read {
  readonly events: readonly Recorded[];
  readonly seqs: readonly number[];
  readonly more: boolean;
}

/** Up to `limit` events after `start`, shard by shard up to the tips. */
const readAfter = async (
  log: EventLog,
  start: readonly number[],
  { shard: only, limit, cursor }: Query,
): Promise<Read> => {
  const tips = await log.tips();
  if (cursor !== undefined) refuseBeyond(log, start, tips);
  const seqs = [...start];
  const events: Recorded[] = [];
  for (const [shard, tip] of tips.entries()) {
    if (only !== undefined && shard !== only) continue;
    const from = seqs[shard] ?? 0;
    if (tip.seq <= from) continue;
    if (events.length === limit) return { events, seqs, more: true };
    const read = await log.read(shard, from + 1, limit - events.length);
    events.push(...read);
    seqs[shard] = from + read.length;
    if ((seqs[shard] ?? 0) < tip.seq) return { events, seqs, more: true };
  }
  return { events, seqs, more: false };
};

/** Resolves once an event comes that is wanted, or the time is over, or the signal aborts. */
const waitForEvent = async (
  log: EventLog,
  from: Checkpoint,
  { shard, waitMs }: Query,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
): Promise<void> => {
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener('abort', end, { once: true });
  void clock.after(waitMs, over.signal).then(end);
  try {
    for await (const batch of log.subscribe(from, over.signal))
      if (shard === undefined || batch.some((event) => event.shard === shard)) return;
  } finally {
    end();
    signal.removeEventListener('abort', end);
  }
};

/**
 * A page of events; with `waitMs` it answers as soon as there is something, and with an empty page when the time is over.
 * @throws RequestRefused 429 when it would have to wait and too many wait already.
 */
export const eventPage = async (
  logs: readonly EventLog[],
  query: Query,
  clock: Pick<Clock, 'after'>,
  followers: Followers,
  signal: AbortSignal,
) => {
  const log = logNamed(logs, query.log);
  const start = startOf(log, query);
  // Taken before the first look, so that what comes between the look and the wait is not missed.
  const tips = query.waitMs > 0 ? await log.tips() : [];
  let read = await readAfter(log, start, query);
  if (read.events.length === 0 && query.waitMs > 0) {
    const leave = followers.enter();
    await waitForEvent(log, { logId: log.id, tips }, query, clock, signal).finally(leave);
    read = await readAfter(log, start, query);
  }
  const position = positionText(log, read.seqs);
  return {
    items: read.events.map((event) => eventView(log.name, event)),
    ...(read.more && { next: position }),
    position,
  };
};
