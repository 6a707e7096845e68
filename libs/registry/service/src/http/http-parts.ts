import type { Lists } from './lists.js';
import type { Writes } from './writes.js';

/** What the controllers share. */
export interface HttpParts {
  readonly writes: Writes;
  readonly lists: Lists;
}

export const HTTP_PARTS = Symbol('registry http');
