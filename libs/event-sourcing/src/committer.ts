import type { DomainEvent } from '@thuban/events';
import { decideBatch, type Batch, type CommandContext, type Handled, type Pending } from './batch.js';
import { CommandRejected } from './command-rejected.js';
import type { Decider, KeyedState } from './decider.js';
import { foldInto } from './decider.js';
import { createRemembered, type Remembered } from './idempotency.js';
import { observed, type Observe } from './observe.js';
import type { Clock, EventLog } from './ports.js';
import { LogUnavailable, ShardMoved } from './ports.js';
import type { Recorded } from './recorded.js';

export interface CommitterOptions<C, E extends DomainEvent, V> {
  readonly log: EventLog;
  readonly decider: Decider<C, E, V>;
  /** The committed fold of the log up to `folded`. Only the committer changes it from now on. */
  readonly state: KeyedState<V>;
  /** The seq per shard that `state` has folded. */
  readonly folded: readonly number[];
  readonly clock: Pick<Clock, 'now'>;
  /** Runs its argument once after the next poll of the sockets (`setImmediate`), so that a commit takes all that was readable. */
  readonly afterPoll: (run: () => void) => void;
  readonly newCommitId: () => string;
  /** Told once when the log cannot be written, with the reason, and once (`undefined`) when it can be again. */
  readonly onUnavailable?: (reason: LogUnavailable | undefined) => void;
  /** Observes each append, from the decision to the disk, with the events of all its commands. */
  readonly observe?: Observe | undefined;
  /** Keys that earlier processes remembered: the metas of recorded events. */
  readonly remembered?: Iterable<Pick<Recorded, 'meta' | 'timeMs'>>;
  readonly commandsPerCommitMax?: number;
  readonly bytesPerCommitMax?: number;
  readonly queuedCommandsMax?: number;
}

/** Decides and commits commands in groups: one for each log that a process writes. */
export interface Committer<C, E extends DomainEvent, V> {
  /**
   * Resolves after the command's events are durable and folded into the state.
   * @throws CommandRejected refused by `decide`; RESOURCE_EXHAUSTED: too many wait; ABORTED: lost to other writers too often;
   *   UNAVAILABLE: the store failed and nothing was written.
   */
  handleCommand(command: C, context: CommandContext<E, V>): Promise<Handled<E>>;
  /**
   * Folds what a subscription of the log brings, so that the state shows what other writers do also while nobody sends commands here.
   * Events that are folded already are skipped. Resolves when they are in the state: hand over the next batch then.
   * @throws Error for a gap: the subscription did not start where the committer had come to.
   */
  follow(events: readonly Recorded<E>[]): Promise<void>;
  /** True when a command with this idempotency key was committed in the last 24 hours: its repeat will write nothing. */
  remembers(key: string): boolean;
  /** The seq per shard that the state has folded. */
  seqs(): readonly number[];
  /** How many commands wait, and what has been committed since the start. */
  stats(): { readonly queued: number; readonly commits: number; readonly events: number; readonly conflicts: number };
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

const READ_BATCH = 1000;
const ATTEMPTS_MAX = 10;

/**
 * The only way to write a log: commands are decided on the committed fold plus what is queued before them, all events of a group
 * are one append, and the group is folded only once that append is durable.
 * When the tip of a shard has moved, what came is read and folded and the whole group is decided again.
 */
export const createCommitter = <C, E extends DomainEvent, V>(
  options: CommitterOptions<C, E, V>,
): Committer<C, E, V> => {
  const { log, decider, state, clock, afterPoll } = options;
  const commandsMax = options.commandsPerCommitMax ?? 500;
  const bytesMax = options.bytesPerCommitMax ?? 4 * 1024 * 1024;
  const queuedMax = options.queuedCommandsMax ?? 20_000;
  const folded = [...options.folded];
  const remembered: Remembered = createRemembered(options.remembered ?? []);
  const stats = { commits: 0, events: 0, conflicts: 0 };
  let queue: Pending<C, E, V>[] = [];
  let running = false;
  let behind = false;
  let unavailable = false;
  const idle: (() => void)[] = [];
  let arrived: { readonly events: readonly Recorded<E>[]; readonly settle: (error?: Error) => void }[] = [];

  const noteAvailability = (reason: LogUnavailable | undefined): void => {
    if (unavailable === (reason !== undefined)) return;
    unavailable = !unavailable;
    options.onUnavailable?.(reason);
  };

  const noteFolded = (events: readonly Recorded<E>[]): void => {
    for (const event of events) {
      folded[event.shard] = event.seq;
      remembered.add(event);
    }
  };

  /** Folds what other writers have appended. */
  const catchUp = async (): Promise<void> => {
    const tips = await log.tips();
    for (const [shard, tip] of tips.entries()) {
      while ((folded[shard] ?? 0) < tip.seq) {
        const events = (await log.read(shard, (folded[shard] ?? 0) + 1, READ_BATCH)) as readonly Recorded<E>[];
        if (events.length === 0) throw new LogUnavailable(`shard ${shard} cannot be read up to its tip`);
        foldInto(state, decider.evolve, events);
        noteFolded(events);
      }
    }
    behind = false;
  };

  const foldNew = (events: readonly Recorded<E>[]): void => {
    const fresh = events.filter(({ shard, seq }) => seq > (folded[shard] ?? 0));
    for (const event of fresh) {
      const { shard, seq } = event;
      const expected = (folded[shard] ?? 0) + 1;
      if (seq !== expected) throw new Error(`event ${expected} of shard ${shard} is missing: ${seq} came`);
      foldInto(state, decider.evolve, [event]);
      noteFolded([event]);
    }
  };
  /** Between two commits, never during one: the state must not move while a group that was decided on it is being written. */
  const foldArrived = (): void => {
    const batches = arrived;
    arrived = [];
    for (const { events, settle } of batches) {
      try {
        foldNew(events);
        settle();
      } catch (error) {
        settle(error as Error);
      }
    }
  };

  /** @returns what answers the commands. */
  const append = async (
    batch: Batch<E, V>,
    ids: { readonly commitId: string; readonly timeMs: number },
  ): Promise<() => void> => {
    if (batch.writes.length === 0) return () => batch.settle([]);
    const { writes } = batch;
    const recorded = await observed(
      options.observe,
      () => writes.flatMap(({ events }) => events),
      () => log.append({ ...ids, writes }),
    );
    noteAvailability(undefined);
    batch.overlay.mergeInto(state);
    stats.commits++;
    stats.events += recorded.length;
    noteFolded(recorded);
    return () => batch.settle(recorded);
  };

  /** @returns how many commands of the group are done (the others did not fit into the commit), and what answers them. */
  const commitGroup = async (
    group: readonly Pending<C, E, V>[],
  ): Promise<{ readonly taken: number; readonly settle: () => void }> => {
    for (let attempt = 1; ; attempt++) {
      if (!log.soleWriter || behind) await catchUp();
      const ids = { commitId: options.newCommitId(), timeMs: clock.now() };
      const batch = decideBatch(group, { decider, state, folded, remembered, bytesMax, ...ids });
      try {
        return { settle: await append(batch, ids), taken: batch.taken };
      } catch (error) {
        // Whatever failed, what is in the log now has to be read before anything is decided or answered again.
        behind = true;
        if (!(error instanceof ShardMoved)) throw error;
        stats.conflicts++;
        if (attempt >= ATTEMPTS_MAX)
          throw new CommandRejected('ABORTED', 'other writers kept changing the same shards; try again', {
            cause: error,
          });
      }
    }
  };

  const rejectAll = (group: readonly Pending<C, E, V>[], error: unknown): void => {
    if (error instanceof LogUnavailable) noteAvailability(error);
    const refusal =
      error instanceof LogUnavailable
        ? new CommandRejected('UNAVAILABLE', `the event log cannot be used: ${error.message}`, { cause: error })
        : error;
    for (const { reject } of group) reject(refusal);
  };

  const runNext = async (): Promise<void> => {
    const group = queue.slice(0, commandsMax);
    const { taken, settle } = await commitGroup(group).catch((error: unknown) => ({
      taken: group.length,
      settle: () => rejectAll(group, error),
    }));
    queue = queue.slice(taken);
    settle();
    foldArrived();
    if (queue.length > 0) return afterPoll(() => void runNext());
    running = false;
    for (const done of idle.splice(0)) done();
  };

  return {
    handleCommand: (command, context) =>
      new Promise<Handled<E>>((resolve, reject) => {
        if (queue.length >= queuedMax)
          return reject(
            new CommandRejected('RESOURCE_EXHAUSTED', `${queuedMax} commands wait already; try again later`),
          );
        queue.push({ command, context, resolve, reject });
        if (running) return;
        running = true;
        afterPoll(() => void runNext());
      }),
    follow: (events) =>
      new Promise<void>((resolve, reject) => {
        arrived.push({ events, settle: (error) => (error ? reject(error) : resolve()) });
        if (!running) foldArrived();
      }),
    remembers: (key) => remembered.find(key, clock.now()) !== undefined,
    seqs: () => folded,
    stats: () => ({ queued: queue.length, ...stats }),
    drained: () => (running ? new Promise<void>((resolve) => idle.push(resolve)) : Promise.resolve()),
  };
};
