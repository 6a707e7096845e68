import type { DomainEvent, EventMeta, Json } from '@thuban/events';
import { CommandRejected } from './command-rejected.js';
import type { Decided, Decider, Lookup } from './decider.js';
import type { Remembered } from './idempotency.js';
import { overlayOn, type Overlay } from './overlay.js';
import type { ShardWrite } from './ports.js';
import type { NewEvent, Recorded } from './recorded.js';

/** What a command brings along. */
export interface CommandContext<E extends DomainEvent, V> {
  readonly meta: EventMeta;
  /**
   * The answer, from the events as they will be recorded (but for their hashes) and the state right after this command, before
   * later ones of the same group. What it throws refuses the command.
   */
  readonly answer?: (events: readonly Recorded<E>[], state: Lookup<V>) => Json;
  /** A repeat with the same key and fingerprint gets the first `answer` and writes nothing; another fingerprint is refused. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
}

/** What became of a command. No events: nothing needed to change. `answer` is there when the context asked for one. */
export interface Handled<E extends DomainEvent> {
  readonly events: readonly Recorded<E>[];
  readonly answer?: Json;
}

/** A command that waits for its commit. */
export interface Pending<C, E extends DomainEvent, V> {
  readonly command: C;
  readonly context: CommandContext<E, V>;
  readonly resolve: (handled: Handled<E>) => void;
  readonly reject: (error: unknown) => void;
}

/** One attempt at a group of commands, decided on an overlay and ready to append. */
export interface Batch<E extends DomainEvent, V> {
  /** How many commands of the group were decided; the others wait for the next batch. */
  readonly taken: number;
  readonly overlay: Overlay<V>;
  /** In the order of the shards. */
  readonly writes: readonly ShardWrite<E>[];
  /** Answers the commands. `recorded` are the events of `writes`, in that order. */
  settle(recorded: readonly Recorded<E>[]): void;
}

/** What a batch is decided with. `folded` is the seq per shard that `state` has folded. */
export interface BatchOptions<C, E extends DomainEvent, V> {
  readonly decider: Decider<C, E, V>;
  readonly state: Lookup<V>;
  readonly folded: readonly number[];
  readonly remembered: Remembered;
  readonly commitId: string;
  readonly timeMs: number;
  readonly bytesMax: number;
}

/** In UTF-16 code units of the JSON text: an instance whose every field is at its limit has about 280,000. */
const EVENT_LENGTH_MAX = 512 * 1024;

const encode = (data: object): string => {
  const text = JSON.stringify(data);
  if (text.length <= EVENT_LENGTH_MAX) return text;
  throw new CommandRejected(
    'INVALID_ARGUMENT',
    `an event of ${text.length} characters is over the limit of ${EVENT_LENGTH_MAX}`,
  );
};

/** One command decided: its events twice, as they are written and as they will be read. */
interface DecidedCommand<E extends DomainEvent, V> {
  readonly written: NewEvent<E>[];
  readonly recorded: Recorded<E>[];
  readonly overlay?: Overlay<V>;
  readonly answer?: Json;
}

type ShardEvents<E extends DomainEvent> = { readonly events: NewEvent<E>[]; readonly places: number[] };

/**
 * Decides commands in order, each on the state with everything before it. A command that throws leaves no trace and is rejected
 * when the batch settles. Stops after the command that brings the batch over `bytesMax`.
 */
export const decideBatch = <C, E extends DomainEvent, V>(
  group: readonly Pending<C, E, V>[],
  options: BatchOptions<C, E, V>,
): Batch<E, V> => {
  const { decider, folded, remembered, commitId, timeMs, bytesMax } = options;
  const batchOverlay = overlayOn(options.state);
  const shards = new Map<number, ShardEvents<E>>();
  const keys = new Map<string, NonNullable<EventMeta['idempotency']>>();
  const outcomes: (
    { readonly handled: Handled<E>; readonly from: number; readonly count: number } | { readonly error: unknown }
  )[] = [];
  let events = 0;
  let bytes = 0;

  const decideFacts = (
    decided: readonly Decided<E>[],
    { meta, answer }: CommandContext<E, V>,
  ): DecidedCommand<E, V> => {
    const overlay = overlayOn(batchOverlay);
    const written: NewEvent<E>[] = [];
    const recorded: Recorded<E>[] = [];
    const added = new Map<number, number>();
    for (const { stream, shard, event } of decided) {
      const nth = (added.get(shard) ?? 0) + 1;
      added.set(shard, nth);
      const seq = (folded[shard] ?? 0) + (shards.get(shard)?.events.length ?? 0) + nth;
      // A union member with its place is a member of the union of recorded events; the compiler cannot see it through the type parameter.
      const as = {
        type: event.type,
        data: event.data,
        shard,
        seq,
        stream,
        meta,
        timeMs,
        commitId,
        hash: '',
      } as unknown as Recorded<E>;
      written.push({ stream, event, meta, dataText: encode(event.data) });
      recorded.push(as);
      for (const [key, value] of decider.evolve(overlay, as)) overlay.set(key, value);
    }
    return answer ? { written, recorded, overlay, answer: answer(recorded, overlay) } : { written, recorded, overlay };
  };

  const decide = ({ command, context }: Pending<C, E, V>): DecidedCommand<E, V> => {
    const key = context.idempotency?.key;
    const known = key === undefined ? undefined : (keys.get(key) ?? remembered.find(key, timeMs));
    if (known) {
      if (known.fingerprint === context.idempotency?.fingerprint)
        return { written: [], recorded: [], answer: known.answer };
      throw new CommandRejected(
        'FAILED_PRECONDITION',
        `the idempotency key "${known.key}" was used for another request`,
        {
          field: 'Idempotency-Key',
          reason: 'IDEMPOTENCY_KEY_REUSED',
        },
      );
    }
    if (key !== undefined && remembered.isFull(timeMs))
      throw new CommandRejected(
        'RESOURCE_EXHAUSTED',
        'as many idempotency keys of the last 24 hours are kept as there may be; send the command without a key, or later',
        { field: 'Idempotency-Key' },
      );
    return decideFacts(decider.decide(command, batchOverlay), context);
  };

  /** The answer travels in the first event that the command caused. */
  const remember = ({ written, answer }: DecidedCommand<E, V>, { idempotency }: CommandContext<E, V>): void => {
    const [first] = written;
    if (!first || !idempotency || answer === undefined) return;
    const known = { key: idempotency.key, fingerprint: idempotency.fingerprint, answer };
    keys.set(known.key, known);
    written[0] = { ...first, meta: { ...first.meta, idempotency: known } };
  };

  const add = ({ written, recorded, overlay }: DecidedCommand<E, V>): void => {
    overlay?.mergeInto(batchOverlay);
    for (const [i, each] of written.entries()) {
      const shard = recorded[i]?.shard ?? 0;
      const into = shards.get(shard) ?? { events: [], places: [] };
      shards.set(shard, into);
      into.events.push(each);
      into.places.push(events++);
      bytes += each.dataText?.length ?? 0;
    }
  };

  for (const pending of group) {
    if (bytes > bytesMax) break;
    try {
      const decided = decide(pending);
      const { recorded, answer } = decided;
      remember(decided, pending.context);
      outcomes.push({
        from: events,
        count: recorded.length,
        handled: answer === undefined ? { events: [] } : { events: [], answer },
      });
      add(decided);
    } catch (error) {
      outcomes.push({ error });
    }
  }

  const ordered = [...shards].sort(([a], [b]) => a - b);
  const settle = (recorded: readonly Recorded<E>[]): void => {
    const inOrder = new Array<Recorded<E>>(recorded.length);
    const places = ordered.flatMap(([, shard]) => shard.places);
    for (const [i, event] of recorded.entries()) inOrder[places[i] ?? i] = event;
    for (const [i, outcome] of outcomes.entries()) {
      const pending = group[i];
      if ('error' in outcome) pending?.reject(outcome.error);
      else
        pending?.resolve(
          outcome.count === 0
            ? outcome.handled
            : { ...outcome.handled, events: inOrder.slice(outcome.from, outcome.from + outcome.count) },
        );
    }
  };
  return {
    taken: outcomes.length,
    overlay: batchOverlay,
    writes: ordered.map(([shard, each]) => ({ shard, expectedSeq: folded[shard] ?? 0, events: each.events })),
    settle,
  };
};
