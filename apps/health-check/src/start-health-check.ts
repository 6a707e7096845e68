import { openCluster, type Cluster } from '@thuban/cluster';
import { REGISTRY_LOG, REGISTRY_SHARDS, type RegistryEvent } from '@thuban/events';
import { replay } from '@thuban/event-sourcing';
import {
  bootstrap,
  createMetrics,
  follow,
  hostOf,
  processApi,
  registerProcessMetrics,
  shiftedPort,
  systemClock,
} from '@thuban/nest';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';
import { createWatched } from './watched.js';

/**
 * Starts one replica of health-check: it follows the registry and knows who is to be watched.
 * @returns what to tell the operator.
 * @throws StartupError, DatabaseRefused or StoreRefused: one sentence for the operator; nothing is left running.
 */
export const startHealthCheck = async (settings: Settings): Promise<string> => {
  const cluster = await openCluster({ service: 'health-check', version: VERSION, settings });
  try {
    return await serve(settings, cluster);
  } catch (error) {
    await cluster.close();
    throw error;
  }
};

const serve = async (settings: Settings, cluster: Cluster): Promise<string> => {
  const { logger, loop } = cluster;
  const log = await cluster.log(REGISTRY_LOG, REGISTRY_SHARDS);
  const watched = createWatched();
  const checkpoint = await replay<RegistryEvent>(log, undefined, watched.fold);
  const follower = follow<RegistryEvent>('the watched instances', log, checkpoint, watched.fold, loop);
  const api = processApi({
    logs: [log],
    clock: systemClock,
    version: VERSION,
    operations: [],
    counts: () => ({ watched: watched.count() }),
    statusSections: { cluster: cluster.status },
  });
  const metrics = createMetrics();
  registerProcessMetrics(metrics, { version: VERSION, projections: cluster.lags });
  metrics.gauge('thuban_watched_instances', 'Instances that are expected to send heartbeats.', watched.count);
  cluster.registerMetrics(metrics);
  const host = hostOf(settings);
  const server = await bootstrap({
    name: 'health-check',
    modules: [api.module],
    http: { host, port: shiftedPort('http-port', settings), what: 'http' },
    grpc: [],
    logger,
    metrics,
    checks: [cluster.behind('registry', log, follower.seqs)],
    onClosed: async () => {
      await cluster.close();
      await follower.ended;
    },
  });
  return `health-check ${VERSION} is ready: HTTP ${host}:${server.ports.http}, ${watched.count()} watched instances`;
};
