import type { RouteRuleEntry, ServiceRoutingEntry } from '@thuban/rules-domain';

/** What `/v1` shows of the entries of the rules' state; times in RFC 3339, UTC. */

const stamps = ({ seq, createdAtMs, changedAtMs }: Pick<RouteRuleEntry, 'seq' | 'createdAtMs' | 'changedAtMs'>) => ({
  seq,
  createdAt: new Date(createdAtMs).toISOString(),
  changedAt: new Date(changedAtMs).toISOString(),
});

export const routingRuleView = (entry: RouteRuleEntry) => ({ ...entry.rule, ...stamps(entry) });

export const serviceRoutingView = (entry: ServiceRoutingEntry) => ({ ...entry.routing, ...stamps(entry) });
