import type { RulesEvent } from '@thuban/events';
import { foldInto, startFold, type EventLog, type Recorded, type StartedFold } from '@thuban/event-sourcing';
import { createRulesState, evolve, type RulesState } from '@thuban/rules-domain';

const NO_ROWS = { checkpoint: undefined, facts: [], remembered: [] };

/**
 * Folds the rules log up to its tip. Rules change by hand, so the whole log is short and needs no rows. `alsoFold` is handed the same
 * events, for a second fold of the process.
 */
export const loadRules = (
  log: EventLog,
  alsoFold: (event: Recorded<RulesEvent>) => void = () => undefined,
): Promise<StartedFold<RulesState>> => {
  const createFold = () => {
    const folded = createRulesState();
    const fold = (event: Recorded<RulesEvent>): void => {
      foldInto(folded, evolve, [event]);
      alsoFold(event);
    };
    return { folded, fold };
  };
  return startFold<RulesEvent, RulesState>(log, NO_ROWS, createFold, () => undefined);
};
