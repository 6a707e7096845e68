import type { DomainEvent, EventMeta, Json } from '@thuban/events';
import { CommandRejected } from './command-rejected.js';
import type { Decided, Decider, KeyedState, Lookup } from './decider.js';
import { foldInto } from './decider.js';
import { createRemembered, type Remembered } from './idempotency.js';
import { overlayOn, type Overlay } from './overlay.js';
import type { Clock, Commit, EventLog } from './ports.js';
import { LogUnavailable, ShardMoved } from './ports.js';
import type { NewEvent, Recorded } from './recorded.js';

/** What a command brings along. */
export interface CommandContext<E extends DomainEvent, V> {
  readonly meta: EventMeta;
  /** A repeat with the same key and fingerprint gets the first answer and writes nothing; another fingerprint is refused. */
  readonly idempotency?: {
    readonly key: string;
    readonly fingerprint: string;
    /** The answer to remember, from the events as they will be recorded and the state with them. */
    readonly answer: (events: readonly Recorded<E>[], state: Lookup<V>) => Json;
  };
}

/** What became of a command. No events: nothing needed to change. `answer` is there when the context asked for one. */
export interface Handled<E extends DomainEvent> {
  readonly events: readonly Recorded<E>[];
  readonly answer?: Json;
}

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
  /** Told of events that are committed and folded, before their commands are answered. */
  readonly onCommitted?: (events: readonly Recorded<E>[]) => void;
  /** Keys that earlier processes remembered: the metas of recorded events. */
  readonly remembered?: Iterable<Pick<Recorded<E>, 'meta' | 'timeMs'>>;
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
  /** How many commands wait, and what has been committed since the start. */
  stats(): { readonly queued: number; readonly commits: number; readonly events: number; readonly conflicts: number };
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>;
}

interface Pending<C, E extends DomainEvent, V> {
  readonly command: C;
  readonly context: CommandContext<E, V>;
  readonly resolve: (handled: Handled<E>) => void;
  readonly reject: (error: unknown) => void;
}

/** One attempt at a batch: what was decided on the overlay, ready to append. */
interface Batch<E extends DomainEvent, V> {
  readonly overlay: Overlay<V>;
  readonly writes: Map<number, NewEvent<E>[]>;
  readonly events: Recorded<E>[];
  readonly settle: (() => void)[];
  bytes: number;
}

const EVENT_BYTES_MAX = 256 * 1024;
const READ_BATCH = 1000;

/**
 * The only way to write a log: commands are decided on the committed fold plus what is queued before them, all events of a group
 * are one append, and the group is folded only once that append is durable.
 * When the tip of a shard has moved, what came is read and folded and the whole group is decided again.
 */
export const createCommitter = <C, E extends DomainEvent, V>(options: CommitterOptions<C, E, V>): Committer<C, E, V> => {
  const { log, decider, state, clock, afterPoll } = options;
  const commandsMax = options.commandsPerCommitMax ?? 500;
  const bytesMax = options.bytesPerCommitMax ?? 4 * 1024 * 1024;
  const queuedMax = options.queuedCommandsMax ?? 20_000;
  const folded = [...options.folded];
  const remembered: Remembered = createRemembered(options.remembered ?? []);
  const stats = { commits: 0, events: 0, conflicts: 0 };
  let queue: Pending<C, E, V>[] = [];
  let running = false;
  let idle: (() => void)[] = [];

  const fold = (events: readonly Recorded<E>[]): void => {
    for (const event of events) folded[event.shard] = event.seq;
    for (const event of events) remembered.add(event);
    options.onCommitted?.(events);
  };

  /** Folds what other writers have appended. */
  const catchUp = async (): Promise<void> => {
    const tips = await log.tips();
    for (const [shard, tip] of tips.entries()) {
      while ((folded[shard] ?? 0) < tip.seq) {
        const events = (await log.read(shard, (folded[shard] ?? 0) + 1, READ_BATCH)) as readonly Recorded<E>[];
        if (events.length === 0) break;
        foldInto(state, decider.evolve, events);
        fold(events);
      }
    }
  };

  const record = (batch: Batch<E, V>, decided: Decided<E>, meta: EventMeta, commit: { commitId: string; timeMs: number }) => {
    const write = batch.writes.get(decided.shard) ?? [];
    // Typed as the spread of a union member it cannot be: the event, its place and its circumstances.
    const recorded = {
      ...decided.event,
      ...commit,
      shard: decided.shard,
      seq: (folded[decided.shard] ?? 0) + write.length + 1,
      stream: decided.stream,
      meta,
      hash: '',
    } as unknown as Recorded<E>;
    batch.writes.set(decided.shard, write);
    write.push({ stream: decided.stream, event: decided.event, meta });
    for (const [key, value] of decider.evolve(batch.overlay, recorded)) batch.overlay.set(key, value);
    return recorded;
  };

  /** Decides one command on the overlay. What it returns is told to the caller once the batch is durable. */
  const decideOne = (batch: Batch<E, V>, pending: Pending<C, E, V>, commit: { commitId: string; timeMs: number }): Handled<E> => {
    const { meta, idempotency } = pending.context;
    const known = idempotency && remembered.find(idempotency.key, batch.events);
    if (idempotency && known) {
      if (known.fingerprint === idempotency.fingerprint) return { events: [], answer: known.answer };
      throw new CommandRejected('FAILED_PRECONDITION', `the idempotency key "${idempotency.key}" was used for another request`, {
        field: 'Idempotency-Key',
        reason: 'IDEMPOTENCY_KEY_REUSED',
      });
    }
    const decided = decider.decide(pending.command, batch.overlay);
    const bytes = decided.map(({ event }) => JSON.stringify(event.data).length);
    const tooLarge = bytes.find((length) => length > EVENT_BYTES_MAX);
    if (tooLarge) throw new CommandRejected('INVALID_ARGUMENT', `an event of ${tooLarge} bytes is over the limit of ${EVENT_BYTES_MAX}`);
    batch.bytes += bytes.reduce((sum, length) => sum + length, 0);
    const from = batch.events.length;
    for (const each of decided) batch.events.push(record(batch, each, meta, commit));
    const events = batch.events.slice(from);
    if (!idempotency) return { events };
    const answer = idempotency.answer(events, batch.overlay);
    rememberIn(batch, from, { key: idempotency.key, fingerprint: idempotency.fingerprint, answer });
    return { events: batch.events.slice(from), answer };
  };

  /** The answer travels in the first event that the command caused. */
  const rememberIn = (batch: Batch<E, V>, index: number, idempotency: NonNullable<EventMeta['idempotency']>): void => {
    const first = batch.events[index];
    if (!first) return;
    const meta: EventMeta = { ...first.meta, idempotency };
    batch.events[index] = { ...first, meta };
    const write = batch.writes.get(first.shard);
    const at = first.seq - (folded[first.shard] ?? 0) - 1;
    const event = write?.[at];
    if (write && event) write[at] = { ...event, meta };
  };

  const decideAll = (group: readonly Pending<C, E, V>[], commit: { commitId: string; timeMs: number }) => {
    const batch: Batch<E, V> = { overlay: overlayOn(state), writes: new Map(), events: [], settle: [], bytes: 0 };
    let taken = 0;
    for (const pending of group) {
      if (batch.bytes > bytesMax) break;
      taken++;
      try {
        const from = batch.events.length;
        const handled = decideOne(batch, pending, commit);
        const count = batch.events.length - from;
        batch.settle.push(() =>
          pending.resolve(count === 0 ? handled : { ...handled, events: batch.events.slice(from, from + count) }),
        );
      } catch (error) {
        batch.settle.push(() => pending.reject(error));
      }
    }
    return { batch, taken };
  };

  const appendBatch = async (batch: Batch<E, V>, ids: { commitId: string; timeMs: number }): Promise<void> => {
    const writes = [...batch.writes].sort(([a], [b]) => a - b);
    const commit: Commit<E> = {
      ...ids,
      writes: writes.map(([shard, events]) => ({ shard, expectedSeq: folded[shard] ?? 0, events })),
    };
    const recorded = await log.append(commit);
    // The hashes are known only now; the fold has no use for them, readers of the answer may.
    const byPlace = new Map(recorded.map((event) => [`${event.shard}/${event.seq}`, event]));
    batch.events.forEach((event, i) => (batch.events[i] = byPlace.get(`${event.shard}/${event.seq}`) ?? event));
    batch.overlay.mergeInto(state);
    stats.commits++;
    stats.events += recorded.length;
    fold(recorded);
  };

  const commitGroup = async (group: readonly Pending<C, E, V>[], attemptsMax = 10): Promise<number> => {
    for (let attempt = 1; ; attempt++) {
      if (!log.soleWriter || attempt > 1) await catchUp();
      const ids = { commitId: options.newCommitId(), timeMs: clock.now() };
      const { batch, taken } = decideAll(group, ids);
      try {
        if (batch.events.length > 0) await appendBatch(batch, ids);
        for (const settle of batch.settle) settle();
        return taken;
      } catch (error) {
        if (!(error instanceof ShardMoved)) throw error;
        stats.conflicts++;
        if (attempt >= attemptsMax) throw new CommandRejected('ABORTED', 'other writers kept changing the same shards; try again', { cause: error });
      }
    }
  };

  const runNext = async (): Promise<void> => {
    const group = queue.slice(0, commandsMax);
    let taken = group.length;
    try {
      taken = await commitGroup(group);
    } catch (error) {
      const refusal =
        error instanceof LogUnavailable
          ? new CommandRejected('UNAVAILABLE', `the event log cannot be written: ${error.message}`, { cause: error })
          : error;
      for (const pending of group) pending.reject(refusal);
    }
    queue = queue.slice(taken);
    if (queue.length > 0) return afterPoll(() => void runNext());
    running = false;
    for (const done of idle.splice(0)) done();
  };

  return {
    handleCommand: (command, context) =>
      new Promise<Handled<E>>((resolve, reject) => {
        if (queue.length >= queuedMax)
          return reject(new CommandRejected('RESOURCE_EXHAUSTED', `${queuedMax} commands wait already; try again later`));
        queue.push({ command, context, resolve, reject });
        if (running) return;
        running = true;
        afterPoll(() => void runNext());
      }),
    stats: () => ({ queued: queue.length, ...stats }),
    drained: () => (running ? new Promise<void>((resolve) => idle.push(resolve)) : Promise.resolve()),
  };
};
