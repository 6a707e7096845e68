import { startApp, type Cluster, type Served } from '@thuban/cluster';
import { RULES_LOG, RULES_SHARDS, type RulesEvent } from '@thuban/events';
import { follow, startCommitter } from '@thuban/nest';
import { rulesDecider } from '@thuban/rules-domain';
import { loadRules, registerRulesMetrics, RULES_OPERATIONS, rulesHttp } from '@thuban/rules-service';
import { BATCH_SPANS, observeBatches } from '@thuban/telemetry';
import type { Settings } from './settings.js';
import { VERSION } from './version.js';

const prepare = async (cluster: Cluster): Promise<Served> => {
  const { logger, loop, tracer } = cluster;
  const log = await cluster.log(RULES_LOG, RULES_SHARDS);
  const { folded: state, ...started } = await loadRules(log);
  const observeCommits = observeBatches(tracer, BATCH_SPANS.commit(log.name));
  const committer = startCommitter(log, rulesDecider, { state, ...started }, logger, observeCommits);
  const follower = follow<RulesEvent>('the rules', log, started.checkpoint, committer.follow, loop);
  cluster.relay(log);
  const attempts = cluster.store.publishAttempts('rule-config');
  return {
    logs: [log],
    operations: Object.values(RULES_OPERATIONS),
    counts: state.counts,
    registerMetrics: (metrics) => registerRulesMetrics(metrics, { state }),
    modules: [rulesHttp({ committer, state, logId: log.id, onRefused: attempts.publish })],
    checks: [cluster.behind('rules', log, () => committer.seqs())],
    finish: async () => {
      await committer.drained();
      await attempts.close();
    },
    followers: [follower],
    ready: (host, { http }) => `HTTP ${host}:${http}, ${state.counts().routingRules} routing rules`,
  };
};

/** Starts one replica of rule-config: it writes the log of the rules and serves them over HTTP. See `startApp`. */
export const startRuleConfig = (settings: Settings): Promise<string> =>
  startApp({ service: 'rule-config', version: VERSION, settings }, prepare);
