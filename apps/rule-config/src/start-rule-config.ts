import { openCluster, type Cluster } from '@thuban/cluster';
import { RULES_LOG, RULES_SHARDS, type RulesEvent } from '@thuban/events';
import { foldInto, startFold } from '@thuban/event-sourcing';
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
import { createRulesState, evolve, rulesDecider } from '@thuban/rules-domain';
import { registerRulesMetrics, RULES_OPERATIONS, rulesHttp } from '@thuban/rules-service';
import { BATCH_SPANS, observeBatches } from '@thuban/telemetry';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';

/**
 * Starts one replica of rule-config: it writes the log of the rules and serves them over HTTP.
 * @returns what to tell the operator.
 * @throws StartupError, DatabaseRefused or StoreRefused: one sentence for the operator; nothing is left running.
 */
export const startRuleConfig = async (settings: Settings): Promise<string> => {
  const cluster = await openCluster({ service: 'rule-config', version: VERSION, settings });
  try {
    return await serve(settings, cluster);
  } catch (error) {
    await cluster.close();
    throw error;
  }
};

const createFold = () => {
  const folded = createRulesState();
  return { folded, fold: (event: Parameters<typeof evolve>[1]) => foldInto(folded, evolve, [event]) };
};

/** The rules are few: a start reads the whole log. */
const NO_ROWS = { checkpoint: undefined, facts: [], remembered: [] };

const serve = async (settings: Settings, cluster: Cluster): Promise<string> => {
  const { logger, loop, tracer } = cluster;
  const log = await cluster.log(RULES_LOG, RULES_SHARDS);
  const { folded: state, ...started } = await startFold<RulesEvent, ReturnType<typeof createRulesState>>(
    log,
    NO_ROWS,
    createFold,
    (reason) => logger.warn(reason),
  );
  const observeCommits = observeBatches(tracer, BATCH_SPANS.commit(log.name));
  const committer = startCommitter(log, rulesDecider, { state, ...started }, logger, observeCommits);
  const follower = follow<RulesEvent>('the rules', log, started.checkpoint, committer.follow, loop);
  cluster.relay(log);
  const attempts = cluster.store.publishAttempts('rule-config');
  const api = processApi({
    logs: [log],
    clock: systemClock,
    version: VERSION,
    operations: Object.values(RULES_OPERATIONS),
    counts: state.counts,
    statusSections: { cluster: cluster.status },
  });
  const metrics = createMetrics();
  registerProcessMetrics(metrics, { version: VERSION, projections: cluster.lags });
  registerRulesMetrics(metrics, { state });
  cluster.registerMetrics(metrics);
  const host = hostOf(settings);
  const server = await bootstrap({
    name: 'rule-config',
    modules: [rulesHttp({ committer, state, logId: log.id, onRefused: attempts.publish }), api.module],
    http: { host, port: shiftedPort('http-port', settings), what: 'http' },
    grpc: [],
    logger,
    metrics,
    tracer,
    checks: [cluster.behind('rules', log, () => committer.seqs())],
    onClosed: async () => {
      await committer.drained();
      await attempts.close();
      await cluster.close();
      await follower.ended;
    },
  });
  return `rule-config ${VERSION} is ready: HTTP ${host}:${server.ports.http}, ${state.counts().routingRules} routing rules`;
};
