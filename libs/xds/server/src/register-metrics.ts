import { labelled, type Metrics } from '@thuban/nest';
import type { XdsServer } from './server.js';
import { CONVERGENCE_BUCKETS_MS } from './stats.js';

/** The series of xDS delivery; docs/operations.md lists them. */
export const registerXdsMetrics = (metrics: Metrics, { stats }: Pick<XdsServer, 'stats'>): void => {
  metrics.gauge('thuban_xds_streams', 'Open ADS streams.', () => labelled('mode', stats.streams), ['mode']);
  metrics.counter('thuban_xds_requests_total', 'Requests by what they are.', () => labelled('kind', stats.requests), [
    'kind',
  ]);
  metrics.counter('thuban_xds_nacks_total', 'Responses that a client refused.', () => labelled('type', stats.nacks), [
    'type',
  ]);
  metrics.counter('thuban_xds_pushes_total', 'Responses sent.', () => labelled('type', stats.pushes), ['type']);
  metrics.counter(
    'thuban_xds_resources_total',
    'Resources and removals in those responses.',
    () => labelled('type', stats.items),
    ['type'],
  );
  metrics.counter('thuban_xds_sent_bytes_total', 'Bytes of responses.', () => stats.sentBytes);
  metrics.counter(
    'thuban_xds_evictions_total',
    'Streams ended by the server, by reason.',
    () => labelled('reason', stats.evictions),
    ['reason'],
  );
  metrics.counter(
    'thuban_xds_refusals_total',
    'Streams refused at once, by reason.',
    () => labelled('reason', stats.refusals),
    ['reason'],
  );
  metrics.histogram('thuban_xds_convergence_seconds', 'From a change to its acknowledgement.', () => ({
    bounds: CONVERGENCE_BUCKETS_MS.map((ms) => ms / 1000),
    counts: stats.convergence.buckets,
    sum: stats.convergence.sumMs / 1000,
  }));
};
