import { startApp, type Cluster, type Served } from '@thuban/cluster';
import {
  REGISTRY_LOG,
  REGISTRY_SHARDS,
  RULES_LOG,
  RULES_SHARDS,
  type RegistryEvent,
  type RulesEvent,
} from '@thuban/events';
import { foldInto, startFold, type Recorded } from '@thuban/event-sourcing';
import { follow, shiftedPort, startCommitter } from '@thuban/nest';
import { createRegistryState, evolve, registryDecider } from '@thuban/registry-domain';
import { loadRegistry, registryEntities, registryMigrations, registryProjection } from '@thuban/registry-read-model';
import { REGISTRY_OPERATIONS, registerRegistryMetrics, registryHttp, registrySdk } from '@thuban/registry-service';
import { evolve as evolveRules } from '@thuban/rules-domain';
import { loadRules, rulesAnswers } from '@thuban/rules-service';
import { BATCH_SPANS, observeBatches } from '@thuban/telemetry';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';

const createFold = () => {
  const folded = createRegistryState();
  return { folded, fold: (event: Recorded<RegistryEvent>) => foldInto(folded, evolve, [event]) };
};

const followRules = async (cluster: Cluster) => {
  const log = await cluster.log(RULES_LOG, RULES_SHARDS);
  const { folded: state, checkpoint } = await loadRules(log);
  const fold = (events: readonly Recorded<RulesEvent>[]): void => foldInto(state, evolveRules, events);
  return { log, state, follower: follow<RulesEvent>('the rules', log, checkpoint, fold, cluster.loop) };
};

const prepare = async (settings: Settings, cluster: Cluster): Promise<Served> => {
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
  return {
    logs: [log, rules.log],
    operations: Object.values(REGISTRY_OPERATIONS),
    counts: state.counts,
    registerMetrics: (metrics) => registerRegistryMetrics(metrics, { committer, state, sdk }),
    modules: [sdk.module, registryHttp({ committer, state, onRefused })],
    grpc: [{ port: shiftedPort('sdk-port', settings), what: 'sdk', packageDefinition: sdk.packageDefinition }],
    checks: [
      cluster.behind('registry', log, () => committer.seqs()),
      cluster.behind('rules', rules.log, rules.follower.seqs),
    ],
    onDrain: sdk.endStreams,
    finish: async () => {
      await committer.drained();
      await attempts.close();
    },
    followers: [follower, rules.follower],
    ready: (host, { http, grpc }) =>
      `HTTP ${host}:${http}, SDKs ${host}:${grpc[0]}, ${state.counts().instances} instances`,
  };
};

/** Starts one replica of the registry: it writes the registry's log, follows that of the rules, and answers SDKs and HTTP from its folds. See `startApp`. */
export const startRegistry = (settings: Settings): Promise<string> =>
  startApp(
    { service: 'registry', version: VERSION, settings, entities: registryEntities, migrations: registryMigrations },
    (cluster) => prepare(settings, cluster),
  );
