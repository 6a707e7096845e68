import type { EventLog } from '@thuban/event-sourcing';
import { startCommitter, type Logger } from '@thuban/nest';
import { BATCH_SPANS, observeBatches, type Tracer } from '@thuban/telemetry';
import { rulesDecider } from '@thuban/rules-domain';
import { loadRules, rulesAnswers, rulesHttp } from '@thuban/rules-service';

/** Folds the rules log and starts to write it. */
export const startRules = async (log: EventLog, logger: Logger, tracer: Tracer | undefined) => {
  const { folded: state, ...started } = await loadRules(log);
  const committer = startCommitter(
    log,
    rulesDecider,
    { state, ...started },
    logger,
    observeBatches(tracer, BATCH_SPANS.commit(log.name)),
  );
  return {
    state,
    committer,
    module: rulesHttp({ committer, state, logId: log.id }),
    answers: rulesAnswers({ state, logId: log.id }),
  };
};
