import { labelled, type Metrics } from '@thuban/nest';
import type { AuditStore } from './audit-store.js';

/** The series of the audit; docs/audit.md lists them. */
export const registerAuditMetrics = (
  metrics: Metrics,
  {
    store,
    behind,
    joined,
    reachable,
  }: {
    readonly store: Pick<AuditStore, 'breakCount' | 'counts'>;
    readonly behind: () => number;
    /** Topics that records come from now. */
    readonly joined: () => number;
    readonly reachable: () => boolean;
  },
): void => {
  metrics.gauge(
    'thuban_audit_chain_breaks',
    'Places where the hash chain is broken. Anything but 0 is an alarm.',
    store.breakCount,
  );
  metrics.counter('thuban_audit_events_total', 'Events that are kept.', () => store.counts().events);
  metrics.counter('thuban_audit_attempts_total', 'Attempts that are kept.', () => store.counts().attempts);
  metrics.counter('thuban_audit_duplicates_total', 'Records that came again.', () => store.counts().duplicates);
  metrics.counter(
    'thuban_audit_poison_records_total',
    'Records that were not what they should be, by reason.',
    () => labelled('reason', store.counts().poison),
    ['reason'],
  );
  metrics.gauge('thuban_audit_behind_events', 'Events of the registry that are not kept yet.', behind);
  metrics.gauge('thuban_audit_topics_joined', 'Topics that are read from now; 3 when all is well.', joined);
  metrics.gauge('thuban_audit_registry_reachable', '1 while the registry answers.', () => (reachable() ? 1 : 0));
};
