import { openCluster, type Cluster } from '@thuban/cluster';
import {
  REGISTRY_LOG,
  REGISTRY_SHARDS,
  RULES_LOG,
  RULES_SHARDS,
  type RegistryEvent,
  type RulesEvent,
} from '@thuban/events';
import type { EventLog } from '@thuban/event-sourcing';
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
import {
  loadMesh,
  meshEntities,
  meshMigrations,
  meshProjection,
  meshRulesProjection,
  startMesh,
} from '@thuban/xds-read-model';
import { ADS_CHANNEL_OPTIONS, registerXdsMetrics, traceChanges, xdsServer } from '@thuban/xds-server';
import { createResources, nodeFacts } from '@thuban/xds-snapshot';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';

/**
 * Starts one replica of xds-push: it follows the logs and pushes what proxies need; it writes no log.
 * @returns what to tell the operator.
 * @throws StartupError, DatabaseRefused or StoreRefused: one sentence for the operator; nothing is left running.
 */
export const startXdsPush = async (settings: Settings): Promise<string> => {
  const cluster = await openCluster({
    service: 'xds-push',
    version: VERSION,
    settings,
    entities: meshEntities,
    migrations: meshMigrations,
  });
  try {
    return await serve(settings, cluster);
  } catch (error) {
    await cluster.close();
    throw error;
  }
};

const serve = async (settings: Settings, cluster: Cluster): Promise<string> => {
  const { logger, loop } = cluster;
  const registry = await cluster.log(REGISTRY_LOG, REGISTRY_SHARDS);
  const rules = await cluster.log(RULES_LOG, RULES_SHARDS);
  const logs = { registry, rules };
  const started = await startMesh(logs, await loadMesh(cluster.database), (reason) =>
    logger.warn(`rows of the mesh do not fit their log and are made anew: ${reason}`),
  );
  cluster.project(registry, meshProjection);
  cluster.project(rules, meshRulesProjection);
  const resources = createResources({ mesh: started.mesh });
  const changes = traceChanges(cluster.tracer);
  const applying = (log: EventLog) => changes.folding(log.name, resources.apply);
  const followers = {
    registry: follow<RegistryEvent>('the mesh', registry, started.registry, applying(registry), loop),
    rules: follow<RulesEvent>('the rules of the mesh', rules, started.rules, applying(rules), loop),
  };
  const checks = [
    cluster.behind('registry', registry, followers.registry.seqs),
    cluster.behind('rules', rules, followers.rules.seqs),
  ];
  const xds = xdsServer({
    resources,
    nodeFacts,
    clock: systemClock,
    afterPoll: setImmediate,
    ready: () => checks.every(({ notReady }) => notReady() === undefined),
    limits: { streamsMax: settings['xds-streams-max'] },
    controlPlane: `thuban ${VERSION}`,
    observe: changes.observe,
  });
  const api = processApi({
    logs: [registry, rules],
    clock: systemClock,
    version: VERSION,
    operations: [],
    projections: cluster.lags,
    statusSections: {
      xds: () => ({ streams: xds.status() }),
      problems: resources.problems,
      cluster: cluster.status,
    },
  });
  const metrics = createMetrics();
  registerProcessMetrics(metrics, { version: VERSION, projections: cluster.lags });
  registerXdsMetrics(metrics, xds);
  cluster.registerMetrics(metrics);
  const host = hostOf(settings);
  const server = await bootstrap({
    name: 'xds-push',
    modules: [{ module: class Xds {}, controllers: [...xds.controllers] }, api.module],
    http: { host, port: shiftedPort('http-port', settings), what: 'http' },
    grpc: [
      {
        host,
        port: shiftedPort('xds-port', settings),
        what: 'xds',
        packageDefinition: xds.packageDefinition,
        channelOptions: ADS_CHANNEL_OPTIONS,
      },
    ],
    logger,
    metrics,
    tracer: cluster.tracer,
    checks,
    onDrain: xds.close,
    onClosed: async () => {
      await cluster.close();
      await Promise.all([followers.registry.ended, followers.rules.ended]);
    },
  });
  return `xds-push ${VERSION} is ready: xDS ${host}:${server.ports.grpc[0]}, HTTP ${host}:${server.ports.http}`;
};
