import type { Committer } from '@thuban/event-sourcing';
import type { RegistryEvent } from '@thuban/events';
import type { Metrics } from '@thuban/nest';
import type { RegistryCommand, RegistryEntry, RegistryState } from '@thuban/registry-domain';
import type { RegistrySdk } from '@thuban/registry-service';
import { CONVERGENCE_BUCKETS_MS, type XdsServer } from '@thuban/xds-server';
import { VERSION } from './version.js';

/** How many committed events a projection has not applied. */
export interface ProjectionLag {
  readonly name: string;
  readonly lagEvents: number;
}

/** What the series are read from. */
export interface Measured {
  readonly committer: Committer<RegistryCommand, RegistryEvent, RegistryEntry>;
  readonly state: RegistryState;
  readonly sdk: RegistrySdk;
  readonly xds: XdsServer;
  readonly projections: () => readonly ProjectionLag[];
}

type Labelled = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

const by = (label: string, values: Readonly<Record<string, number>>): Labelled =>
  Object.entries(values).map(([key, value]) => [{ [label]: key }, value]);

const registryMetrics = (metrics: Metrics, { committer, state, projections }: Measured): void => {
  metrics.gauge('thuban_build_info', 'The release; always 1.', () => [[{ version: VERSION }, 1]], ['version']);
  metrics.gauge('thuban_namespaces', 'Namespaces.', () => state.counts().namespaces);
  metrics.gauge('thuban_services', 'Services.', () => state.counts().services);
  metrics.gauge('thuban_instances', 'Registered instances.', () => state.counts().instances);
  metrics.gauge('thuban_commands_queued', 'Commands that wait for a commit.', () => committer.stats().queued);
  metrics.counter('thuban_commits_total', 'Commits to the event log.', () => committer.stats().commits);
  metrics.counter('thuban_events_appended_total', 'Events appended to the log.', () => committer.stats().events);
  metrics.gauge(
    'thuban_projection_lag_events',
    'Committed events that a projection has not applied.',
    () => projections().map(({ name, lagEvents }) => [{ projection: name }, lagEvents] as const),
    ['projection'],
  );
};

const sdkMetrics = (metrics: Metrics, { sdk: { stats, kept } }: Measured): void => {
  const answers = (): Labelled =>
    Object.entries(stats.answers).flatMap(([method, codes]) =>
      [...codes].map(([code, count]) => [{ method, code: String(code) }, count] as const),
    );
  metrics.counter('thuban_sdk_answers_total', 'Answers to SDKs by method and code of the protocol.', answers, [
    'method',
    'code',
  ]);
  metrics.counter('thuban_discover_answers_total', 'Discover answers by result.', () => by('result', stats.discover), [
    'result',
  ]);
  metrics.gauge('thuban_discover_streams', 'Open Discover streams.', () => stats.streams);
  metrics.gauge('thuban_discover_kept_bytes', 'Bytes of encoded Discover answers that are kept.', () => kept().bytes);
};

const xdsMetrics = (metrics: Metrics, { xds: { stats } }: Measured): void => {
  metrics.gauge('thuban_xds_streams', 'Open ADS streams.', () => by('mode', stats.streams), ['mode']);
  metrics.counter('thuban_xds_requests_total', 'Requests by what they are.', () => by('kind', stats.requests), [
    'kind',
  ]);
  metrics.counter('thuban_xds_nacks_total', 'Responses that a client refused.', () => by('type', stats.nacks), [
    'type',
  ]);
  metrics.counter('thuban_xds_pushes_total', 'Responses sent.', () => by('type', stats.pushes), ['type']);
  metrics.counter(
    'thuban_xds_resources_total',
    'Resources and removals in those responses.',
    () => by('type', stats.items),
    ['type'],
  );
  metrics.counter('thuban_xds_sent_bytes_total', 'Bytes of responses.', () => stats.sentBytes);
  metrics.counter(
    'thuban_xds_evictions_total',
    'Streams ended by the server, by reason.',
    () => by('reason', stats.evictions),
    ['reason'],
  );
  metrics.counter(
    'thuban_xds_refusals_total',
    'Streams refused at once, by reason.',
    () => by('reason', stats.refusals),
    ['reason'],
  );
  metrics.histogram('thuban_xds_convergence_seconds', 'From a change to its acknowledgement.', () => ({
    bounds: CONVERGENCE_BUCKETS_MS.map((ms) => ms / 1000),
    counts: stats.convergence.buckets,
    sum: stats.convergence.sumMs / 1000,
  }));
};

/** Registers every series of the process; docs/operations.md lists them. */
export const registerMetrics = (metrics: Metrics, measured: Measured): void => {
  registryMetrics(metrics, measured);
  sdkMetrics(metrics, measured);
  xdsMetrics(metrics, measured);
};
