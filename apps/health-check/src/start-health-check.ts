import { startApp, type Cluster, type Served } from '@thuban/cluster';
import { REGISTRY_LOG, REGISTRY_SHARDS, type RegistryEvent } from '@thuban/events';
import { replay } from '@thuban/event-sourcing';
import { follow } from '@thuban/nest';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';
import { createWatched } from './watched.js';

const prepare = async (cluster: Cluster): Promise<Served> => {
  const log = await cluster.log(REGISTRY_LOG, REGISTRY_SHARDS);
  const watched = createWatched();
  const checkpoint = await replay<RegistryEvent>(log, undefined, watched.fold);
  const follower = follow<RegistryEvent>('the watched instances', log, checkpoint, watched.fold, cluster.loop);
  return {
    logs: [log],
    counts: () => ({ watched: watched.count() }),
    registerMetrics: (metrics) =>
      metrics.gauge('thuban_watched_instances', 'Instances that are expected to send heartbeats.', watched.count),
    modules: [],
    checks: [cluster.behind('registry', log, follower.seqs)],
    followers: [follower],
    ready: (host, { http }) => `HTTP ${host}:${http}, ${watched.count()} watched instances`,
  };
};

/** Starts one replica of health-check: it follows the registry and knows who is to be watched. See `startApp`. */
export const startHealthCheck = (settings: Settings): Promise<string> =>
  startApp({ service: 'health-check', version: VERSION, settings }, prepare);
