import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '@thuban/events';
import {
  createCommitter,
  type Checkpoint,
  type Committer,
  type CommitterOptions,
  type Decider,
  type EventLog,
  type KeyedState,
  type RememberedKey,
} from '@thuban/event-sourcing';
import type { Logger } from './logger.js';
import { systemClock } from './system-clock.js';

/** What a process has folded of a log when it starts to write it. */
export interface Folded<V> {
  readonly state: KeyedState<V>;
  readonly checkpoint: Checkpoint;
  /** The events that carry idempotency keys. */
  readonly remembered: Iterable<RememberedKey>;
}

/**
 * A commit starts after the second poll of the sockets: the first brings only a part of what clients have sent by then, and a commit of that part
 * keeps the rest waiting. A lonely command does not notice; a crowd forms groups half as large again.
 */
const afterSecondPoll = (run: () => void): void => void setImmediate(() => setImmediate(run));

/** The committer of a log in a real process: its clock and its event loop, and a line in the log when the store goes and when it is back. */
export const startCommitter = <C, E extends DomainEvent, V>(
  log: EventLog,
  decider: Decider<C, E, V>,
  { state, checkpoint, remembered }: Folded<V>,
  logger: Logger,
  observe?: CommitterOptions<C, E, V>['observe'],
): Committer<C, E, V> =>
  createCommitter<C, E, V>({
    log,
    decider,
    state,
    folded: checkpoint.tips.map(({ seq }) => seq),
    clock: systemClock,
    afterPoll: afterSecondPoll,
    newCommitId: randomUUID,
    onUnavailable: (reason) =>
      reason
        ? logger.error({ err: reason }, `the event log "${log.name}" cannot be written: commands are refused`)
        : logger.warn(`the event log "${log.name}" can be written again`),
    observe,
    remembered,
  });
