import type { EventMeta } from '@thuban/events';
import type { Recorded } from '@thuban/event-sourcing';

const time = (ms: number): string => new Date(ms).toISOString();

/** An event as outsiders read it. */
export interface EventView {
  readonly log: string;
  readonly shard: number;
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  readonly at: string;
  readonly data: object;
  readonly meta: EventMeta;
  readonly commitId: string;
  readonly hash: string;
}

export const eventView = (log: string, event: Recorded): EventView => ({
  log,
  shard: event.shard,
  seq: event.seq,
  stream: event.stream,
  type: event.type,
  at: time(event.timeMs),
  data: event.data,
  meta: event.meta,
  commitId: event.commitId,
  hash: event.hash,
});
