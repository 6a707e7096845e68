import type { RulesEvent } from '@thuban/events';
import { foldInto, startFold, type EventLog, type StartedFold } from '@thuban/event-sourcing';
import { createRulesState, evolve, type RulesState } from '@thuban/rules-domain';

const NO_ROWS = { checkpoint: undefined, facts: [], remembered: [] };

const createFold = () => {
  const folded = createRulesState();
  return {
    folded,
    fold: (event: Parameters<typeof evolve>[1]): void => foldInto(folded, evolve, [event]),
  };
};

/** Folds the rules log up to its tip. Rules change by hand, so the whole log is short and needs no rows. */
export const loadRules = (log: EventLog): Promise<StartedFold<RulesState>> =>
  startFold<RulesEvent, RulesState>(log, NO_ROWS, createFold, () => undefined);
