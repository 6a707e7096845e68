import { openCluster, type Cluster } from '@thuban/cluster';
import {
  REGISTRY_LOG,
  REGISTRY_SHARDS,
  RULES_LOG,
  RULES_SHARDS,
  type RegistryEvent,
  type RulesEvent,
} from '@thuban/events';
import { foldInto, replay, startFold } from '@thuban/event-sourcing';
import {
  bootstrap,
  createMetrics,
  follow,
  hostOf,
  processApi,
  registerProcessMetrics,
  shiftedPort,
  startCommitter,
  systemClock,
} from '@thuban/nest';
import { createRegistryState, evolve, registryDecider } from '@thuban/registry-domain';
import { loadRegistry, registryEntities, registryMigrations, registryProjection } from '@thuban/registry-read-model';
import { REGISTRY_OPERATIONS, registerRegistryMetrics, registryHttp, registrySdk } from '@thuban/registry-service';
import { createRulesState, evolve as evolveRules } from '@thuban/rules-domain';
import { rulesAnswers } from '@thuban/rules-service';
import { BATCH_SPANS, observeBatches } from '@thuban/telemetry';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';

/**
 * Starts one replica of the registry: it writes the registry's log, follows that of the rules, and answers SDKs and HTTP from its folds.
 * @returns what to tell the operator.
 * @throws StartupError, DatabaseRefused or StoreRefused: one sentence for the operator; nothing is left running.
 */
export const startRegistry = async (settings: Settings): Promise<string> => {
  const cluster = await openCluster({
    service: 'registry',
    version: VERSION,
    settings,
    entities: registryEntities,
    migrations: registryMigrations,
  });
  try {
    return await serve(settings, cluster);
  } catch (error) {
    await cluster.close();
    throw error;
  }
};

const createFold = () => {
  const folded = createRegistryState();
  return { folded, fold: (event: Parameters<typeof evolve>[1]) => foldInto(folded, evolve, [event]) };
};

/** The rules are few: they are read from the log at each start. */
const followRules = async (cluster: Cluster) => {
  const log = await cluster.log(RULES_LOG, RULES_SHARDS);
  const state = createRulesState();
  const fold = (events: readonly Parameters<typeof evolveRules>[1][]): void => foldInto(state, evolveRules, events);
  const checkpoint = await replay<RulesEvent>(log, undefined, fold);
  return { log, state, follower: follow<RulesEvent>('the rules', log, checkpoint, fold, cluster.loop) };
};

const serve = async (settings: Settings, cluster: Cluster): Promise<string> => {
  const { database, logger, loop, tracer } = cluster;
  const log = await cluster.log(REGISTRY_LOG, REGISTRY_SHARDS);
  const { folded: state, ...started } = await startFold(log, await loadRegistry(database), createFold, (reason) =>
    logger.warn(`the rows of the registry do not fit its log and are made anew: ${reason}`),
  );
  const observeCommits = observeBatches(tracer, BATCH_SPANS.commit(log.name));
  const committer = startCommitter(log, registryDecider, { state, ...started }, logger, observeCommits);
  const follower = follow<RegistryEvent>('the registry', log, started.checkpoint, committer.follow, loop);
  const rules = await followRules(cluster);
  cluster.project(log, registryProjection);
  cluster.relay(log);

  const attempts = cluster.store.publishAttempts('registry');
  const onRefused = attempts.publish;
  const onError = (error: unknown): void => logger.error({ err: error }, 'a call failed');
  const routing = rulesAnswers({ state: rules.state, logId: rules.log.id });
  const sdk = registrySdk({ committer, state, logId: log.id, routing, tracer, onError, onRefused });
  const projections = cluster.lags;
  const api = processApi({
    logs: [log, rules.log],
    clock: systemClock,
    version: VERSION,
    operations: Object.values(REGISTRY_OPERATIONS),
    projections,
    counts: state.counts,
    statusSections: { cluster: cluster.status },
  });
  const metrics = createMetrics();
  registerProcessMetrics(metrics, { version: VERSION, projections });
  registerRegistryMetrics(metrics, { committer, state, sdk });
  cluster.registerMetrics(metrics);
  const close = async (): Promise<void> => {
    await committer.drained();
    await attempts.close();
    await cluster.close();
    await Promise.all([follower.ended, rules.follower.ended]);
  };
  const host = hostOf(settings);
  const server = await bootstrap({
    name: 'registry',
    modules: [sdk.module, registryHttp({ committer, state, onRefused }), api.module],
    http: { host, port: shiftedPort('http-port', settings), what: 'http' },
    grpc: [{ host, port: shiftedPort('sdk-port', settings), what: 'sdk', packageDefinition: sdk.packageDefinition }],
    logger,
    metrics,
    tracer,
    checks: [
      cluster.behind('registry', log, () => committer.seqs()),
      cluster.behind('rules', rules.log, rules.follower.seqs),
    ],
    onDrain: sdk.endStreams,
    onClosed: close,
  });
  return `registry ${VERSION} is ready: HTTP ${host}:${server.ports.http}, SDKs ${host}:${server.ports.grpc[0]}, ${state.counts().instances} instances`;
};
