import { setTimeout as pause } from 'node:timers/promises';
import type { EventItem, Page, Status } from './api.js';
import { pathOf } from './client.js';
import type { Client } from './client.js';
import { CtlError, EXIT } from './ctl-error.js';
import type { Io } from './io.js';

/** Which events: of one log, of all its shards or of one; from a seq of the shard on, or else the `limit` newest. */
export interface EventsWanted {
  readonly log: string;
  readonly shard?: number;
  readonly from?: number;
  readonly limit: number;
}

const EVENTS = pathOf('v1', 'events');
const PAGE_EVENTS = 500;
const RETRY_MS = 1000;

const shardFrom = async (client: Client, log: string, shard: number, from: number): Promise<readonly EventItem[]> => {
  const events: EventItem[] = [];
  let place: { readonly from: number } | { readonly cursor: string } = { from };
  for (;;) {
    const page: Page<EventItem> = await client.get(EVENTS, { log, shard, ...place, limit: PAGE_EVENTS });
    events.push(...page.items);
    if (page.next === undefined) return events;
    place = { cursor: page.next };
  }
};

const tipsOf = async (client: Client, name: string): Promise<readonly number[]> => {
  const { logs } = await client.get<Status>(pathOf('v1', 'status'));
  const log = logs.find((each) => each.name === name);
  if (log?.tips) return log.tips;
  if (log) throw new CtlError(EXIT.UNREACHABLE, `The log "${name}" cannot be read now: ${log.unavailable}.`);
  const names = logs.map((each) => each.name).join(', ');
  throw new CtlError(EXIT.NOT_FOUND, `There is no log "${name}" here; there is: ${names}.`);
};

/** Before another one of the same moment: what happened earlier, and a namespace before what is in it. */
const isBefore = (a: EventItem, b: EventItem): boolean =>
  a.at === b.at ? a.stream.startsWith('namespace/') && !b.stream.startsWith('namespace/') : a.at < b.at;

/** One list of several shards. Across shards there is no order but the clock's; within one, that of its seqs is kept whatever the clock says. */
export const mergeShards = (shards: readonly (readonly EventItem[])[]): readonly EventItem[] => {
  const read = shards.map(() => 0);
  const heads = () => shards.flatMap((events, shard) => events[read[shard] ?? 0] ?? []);
  const merged: EventItem[] = [];
  for (let left = heads(); left.length > 0; left = heads()) {
    const next = left.reduce((first, each) => (isBefore(each, first) ? each : first));
    merged.push(next);
    const from = shards.findIndex((events, shard) => events[read[shard] ?? 0] === next);
    read[from] = (read[from] ?? 0) + 1;
  }
  return merged;
};

const newest = async (client: Client, { log, shard: only, limit }: EventsWanted): Promise<readonly EventItem[]> => {
  if (limit === 0) return [];
  const tips = await tipsOf(client, log);
  const reads = tips.map((tip, shard) =>
    tip === 0 || (only !== undefined && shard !== only)
      ? []
      : shardFrom(client, log, shard, Math.max(1, tip - limit + 1)),
  );
  return mergeShards(await Promise.all(reads)).slice(-limit);
};

/** The events that there are now, in order within each shard. */
export const readEvents = (client: Client, wanted: EventsWanted): Promise<readonly EventItem[]> => {
  const { log, shard, from } = wanted;
  return shard !== undefined && from !== undefined ? shardFrom(client, log, shard, from) : newest(client, wanted);
};

/** Passes each event on once, also when it comes twice, over the stream and by reading. */
const once = ({ shard: only }: EventsWanted, print: (event: EventItem) => void) => {
  const seen = new Map<number, number>();
  return (event: EventItem): void => {
    if (only !== undefined && event.shard !== only) return;
    if (event.seq <= (seen.get(event.shard) ?? 0)) return;
    seen.set(event.shard, event.seq);
    print(event);
  };
};

/** What a follower needs. */
export interface Following {
  readonly client: Client;
  readonly wanted: EventsWanted;
  readonly print: (event: EventItem) => void;
  readonly io: Pick<Io, 'err' | 'signal'>;
}

/**
 * Prints the wanted events and then those that come, until the signal aborts. The stream is opened before the events are read, so that
 * nothing falls between. A connection that is lost is made again at the place where it was.
 * @throws CtlError when the first connection fails, or when the log is no longer the same.
 */
export const followEvents = async ({ client, wanted, print, io }: Following): Promise<void> => {
  const printOnce = once(wanted, print);
  let place: string | undefined;
  const readStream = async (): Promise<void> => {
    for await (const { id, data } of client.events(`${EVENTS}/stream`, { log: wanted.log, from: place }, io.signal)) {
      if (place === undefined) (await readEvents(client, wanted)).forEach(printOnce);
      place = id;
      if (data !== '') printOnce(JSON.parse(data) as EventItem);
    }
  };
  while (!io.signal.aborted) {
    try {
      await readStream();
      if (!io.signal.aborted) io.err('thubanctl: the server ended the stream; connecting again\n');
    } catch (error) {
      const lost = error instanceof CtlError && error.exitCode === EXIT.UNREACHABLE && place !== undefined;
      if (!lost) throw error;
    }
    await pause(RETRY_MS, undefined, { signal: io.signal }).catch(() => undefined);
  }
};
