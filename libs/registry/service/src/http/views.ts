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
