import type { ClusterStore } from '@thuban/event-log-cluster';
import type { Metrics } from '@thuban/nest';

/** A relay of this process. */
export interface RelayState {
  readonly log: string;
  readonly active: boolean;
  readonly lagEvents: number;
}

/** The series of a process of the cluster; docs/operations.md lists them. */
export const registerClusterMetrics = (
  metrics: Metrics,
  store: Pick<ClusterStore, 'metrics'>,
  relays: () => readonly RelayState[],
): void => {
  const kafka = () => store.metrics().kafka;
  metrics.counter(
    'thuban_log_gap_reads_total',
    'Events that were read from the table because Kafka had not brought them.',
    () => store.metrics().gaps,
  );
  metrics.counter('thuban_log_polls_total', 'Looks at the tips of the table.', () => store.metrics().polls);
  metrics.counter(
    'thuban_log_conflicts_total',
    'Appends that met those of another writer and were decided again.',
    () => store.metrics().conflicts,
  );
  metrics.counter(
    'thuban_log_reconnects_total',
    'Connections to MySQL that were made again.',
    () => store.metrics().reconnects,
  );
  metrics.counter(
    'thuban_relay_events_total',
    'Events that the relays of this process sent to Kafka.',
    () => kafka()?.published ?? 0,
  );
  metrics.counter(
    'thuban_kafka_dropped_records_total',
    'Records of the topics that were left out, by reason; the events were read from the table.',
    () => Object.entries(kafka()?.dropped ?? {}).map(([reason, count]) => [{ reason }, count] as const),
    ['reason'],
  );
  metrics.gauge(
    'thuban_relay_active',
    '1 while this process publishes the log.',
    () => relays().map(({ log, active }) => [{ log }, active ? 1 : 0] as const),
    ['log'],
  );
  metrics.gauge(
    'thuban_relay_lag_events',
    'Events of the log that are not in Kafka yet; of the process that publishes it.',
    () =>
      relays()
        .filter(({ active }) => active)
        .map(({ log, lagEvents }) => [{ log }, lagEvents] as const),
    ['log'],
  );
};
