import type { EventMeta, Json } from '@thuban/events';
import type { Recorded } from '@thuban/event-sourcing';
import type { AliasEntry, InstanceEntry, NamespaceEntry, ServiceEntry } from '@thuban/registry-domain';

/** What `/v1` shows of the entries of the registry's state; times in RFC 3339, UTC. */

const time = (ms: number): string => new Date(ms).toISOString();

/** A namespace that nobody created has no times. */
export const namespaceView = ({ namespace, services, aliases, implied, createdAtMs, changedAtMs }: NamespaceEntry) => ({
  ...namespace,
  services,
  aliases,
  implied,
  ...(!implied && { createdAt: time(createdAtMs), changedAt: time(changedAtMs) }),
});

export const serviceView = (entry: ServiceEntry) => ({
  ...entry.service,
  instances: entry.instances,
  aliases: entry.aliases,
  implied: entry.implied,
  seq: entry.touchedSeq,
  createdAt: time(entry.createdAtMs),
  changedAt: time(entry.changedAtMs),
});

export const aliasView = ({ alias, seq, createdAtMs }: AliasEntry) => ({ ...alias, seq, createdAt: time(createdAtMs) });

export const instanceView = ({ instance, incarnation, seq, registeredAtMs, changedAtMs }: InstanceEntry) => ({
  ...instance,
  incarnation,
  seq,
  registeredAt: time(registeredAtMs),
  changedAt: time(changedAtMs),
});

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

/** A view as the JSON that it is. */
export const asJson = (view: object): Json => view as unknown as Json;
