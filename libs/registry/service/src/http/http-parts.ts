import type { Clock, EventLog } from '@thuban/event-sourcing';
import type { EventStreams } from './event-stream.js';
import type { Followers } from './followers.js';
import type { Lists } from './lists.js';
import type { createStatus } from './status.js';
import type { Writes } from './writes.js';

/** What the controllers share. */
export interface HttpParts {
  readonly writes: Writes;
  readonly lists: Lists;
  readonly logs: readonly EventLog[];
  readonly followers: Followers;
  readonly streams: EventStreams;
  readonly status: ReturnType<typeof createStatus>;
  readonly document: object;
  readonly clock: Clock;
  /** Aborts when the process begins to stop. */
  readonly closing: AbortController;
}

export const HTTP_PARTS = Symbol('registry http');
