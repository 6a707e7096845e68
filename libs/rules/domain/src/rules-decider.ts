import type { RulesEvent } from '@thuban/events';
import type { Decider } from '@thuban/event-sourcing';
import type { RulesCommand } from './commands.js';
import { decide } from './decide.js';
import { evolve } from './evolve.js';
import type { RulesEntry } from './state.js';

/** The decider of the rules log: what the committer of rule-config runs. */
export const rulesDecider: Decider<RulesCommand, RulesEvent, RulesEntry> = { decide, evolve };
