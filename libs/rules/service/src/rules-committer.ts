import type { RulesEvent } from '@thuban/events';
import type { Committer } from '@thuban/event-sourcing';
import type { RulesCommand, RulesEntry } from '@thuban/rules-domain';

/** The only way to the rules log. */
export type RulesCommitter = Committer<RulesCommand, RulesEvent, RulesEntry>;
