import type { RulesEvent } from '@thuban/events';
import type { Writes } from '@thuban/nest';
import type { RulesCommand, RulesEntry } from '@thuban/rules-domain';
import type { Lists } from './lists.js';

/** What the controllers share. */
export interface HttpParts {
  readonly writes: Writes<RulesCommand, RulesEvent, RulesEntry>;
  readonly lists: Lists;
  /** An id for a rule that does not bring one. */
  readonly newId: () => string;
}

export const HTTP_PARTS = Symbol('rules http');
