import { startApp, type Cluster, type Served } from '@thuban/cluster';
import {
  REGISTRY_LOG,
  REGISTRY_SHARDS,
  RULES_LOG,
  RULES_SHARDS,
  type RegistryEvent,
  type RulesEvent,
} from '@thuban/events';
import type { EventLog } from '@thuban/event-sourcing';
import { follow, shiftedPort, systemClock } from '@thuban/nest';
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

const prepare = async (settings: Settings, cluster: Cluster): Promise<Served> => {
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
  return {
    logs: [registry, rules],
    statusSections: { xds: () => ({ streams: xds.status() }), problems: resources.problems },
    registerMetrics: (metrics) => registerXdsMetrics(metrics, xds),
    modules: [{ module: class Xds {}, controllers: [...xds.controllers] }],
    grpc: [
      {
        port: shiftedPort('xds-port', settings),
        what: 'xds',
        packageDefinition: xds.packageDefinition,
        channelOptions: ADS_CHANNEL_OPTIONS,
      },
    ],
    checks,
    onDrain: xds.close,
    followers: [followers.registry, followers.rules],
    ready: (host, { http, grpc }) => `xDS ${host}:${grpc[0]}, HTTP ${host}:${http}`,
  };
};

/** Starts one replica of xds-push: it follows the logs and pushes what proxies need; it writes no log. See `startApp`. */
export const startXdsPush = (settings: Settings): Promise<string> =>
  startApp(
    { service: 'xds-push', version: VERSION, settings, entities: meshEntities, migrations: meshMigrations },
    (cluster) => prepare(settings, cluster),
  );
