import type { Clock, EventLog } from '@thuban/event-sourcing';
import type { EventStreams } from './event-stream.js';
import type { Followers } from './followers.js';
import type { createStatus } from './status.js';

/** What the process controller works with. */
export interface ProcessParts {
  readonly logs: readonly EventLog[];
  readonly followers: Followers;
  readonly streams: EventStreams;
  readonly status: ReturnType<typeof createStatus>;
  readonly document: object;
  readonly clock: Clock;
  /** Aborts when the process begins to stop. */
  readonly closing: AbortController;
}

export const PROCESS_PARTS = Symbol('process api');
