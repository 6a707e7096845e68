import type { RulesEvent } from '@thuban/events';
import type { EventLog, Recorded } from '@thuban/event-sourcing';
import { startCommitter, type Logger } from '@thuban/nest';
import { BATCH_SPANS, observeBatches, type Tracer } from '@thuban/telemetry';
import { rulesDecider } from '@thuban/rules-domain';
import { loadRules, rulesAnswers, rulesHttp } from '@thuban/rules-service';

/** Folds the rules log, into the mesh too, and starts to write it. `checkpoint` is how far that is. */
export const startRules = async (
  log: EventLog,
  foldIntoMesh: (event: Recorded<RulesEvent>) => void,
  logger: Logger,
  tracer: Tracer | undefined,
) => {
  const { folded: state, ...started } = await loadRules(log, foldIntoMesh);
  const committer = startCommitter(
    log,
    rulesDecider,
    { state, ...started },
    logger,
    observeBatches(tracer, BATCH_SPANS.commit(log.name)),
  );
  return {
    state,
    checkpoint: started.checkpoint,
    committer,
    module: rulesHttp({ committer, state, logId: log.id }),
    answers: rulesAnswers({ state, logId: log.id }),
  };
};
