import { labelled, type Metrics, type Reading } from '@thuban/nest';
import type { RegistryState } from '@thuban/registry-domain';
import type { RegistryCommitter } from './registry-committer.js';
import type { RegistrySdk } from './sdk/registry-sdk.js';

const stateMetrics = (metrics: Metrics, state: RegistryState): void => {
  metrics.gauge('thuban_namespaces', 'Namespaces.', () => state.counts().namespaces);
  metrics.gauge('thuban_services', 'Services.', () => state.counts().services);
  metrics.gauge('thuban_instances', 'Registered instances.', () => state.counts().instances);
};

const committerMetrics = (metrics: Metrics, committer: Pick<RegistryCommitter, 'stats'>): void => {
  metrics.gauge('thuban_commands_queued', 'Commands that wait for a commit.', () => committer.stats().queued);
  metrics.counter('thuban_commits_total', 'Commits to the event log.', () => committer.stats().commits);
  metrics.counter('thuban_events_appended_total', 'Events appended to the log.', () => committer.stats().events);
};

const sdkMetrics = (metrics: Metrics, { stats, kept }: RegistrySdk): void => {
  const answers = (): Reading =>
    Object.entries(stats.answers).flatMap(([method, codes]) =>
      [...codes].map(([code, count]) => [{ method, code: String(code) }, count] as const),
    );
  metrics.counter('thuban_sdk_answers_total', 'Answers to SDKs by method and code of the protocol.', answers, [
    'method',
    'code',
  ]);
  metrics.counter(
    'thuban_discover_answers_total',
    'Discover answers by result.',
    () => labelled('result', stats.discover),
    ['result'],
  );
  metrics.gauge('thuban_discover_streams', 'Open Discover streams.', () => stats.streams);
  metrics.gauge('thuban_discover_kept_bytes', 'Bytes of encoded Discover answers that are kept.', () => kept().bytes);
};

/** The series of the registry; docs/operations.md lists them. */
export const registerRegistryMetrics = (
  metrics: Metrics,
  {
    committer,
    state,
    sdk,
  }: { readonly committer: Pick<RegistryCommitter, 'stats'>; readonly state: RegistryState; readonly sdk: RegistrySdk },
): void => {
  stateMetrics(metrics, state);
  committerMetrics(metrics, committer);
  sdkMetrics(metrics, sdk);
};
