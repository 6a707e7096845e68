import type { DomainEvent } from '@thuban/events';
import type { Recorded } from './recorded.js';

/** The state of the things of a log by key. Values are immutable: a change sets a new value. */
export interface Lookup<V> {
  get(key: string): V | undefined;
}

/** A lookup that can be changed: what a writer keeps in memory. `undefined` removes the key. */
export interface KeyedState<V> extends Lookup<V> {
  set(key: string, value: V | undefined): void;
}

/** A decided event and the stream and shard it belongs to. */
export interface Decided<E extends DomainEvent> {
  readonly stream: string;
  readonly shard: number;
  readonly event: E;
}

/**
 * A decider is plain functions: `decide` turns a wish into facts, `evolve` folds a fact into keyed state.
 * `decide` throws `CommandRejected` to refuse; an empty list means that nothing needs to change.
 * `evolve` returns the keys that change and tolerates facts about things it has not heard of.
 */
export interface Decider<C, E extends DomainEvent, V> {
  decide(command: C, state: Lookup<V>): readonly Decided<E>[];
  evolve(state: Lookup<V>, event: Recorded<E>): readonly (readonly [key: string, value: V | undefined])[];
}

/** Folds events into `state`, in order. */
export const foldInto = <E extends DomainEvent, V>(
  state: KeyedState<V>,
  evolve: Decider<never, E, V>['evolve'],
  events: Iterable<Recorded<E>>,
): void => {
  for (const event of events) for (const [key, value] of evolve(state, event)) state.set(key, value);
};
