import type { KeyedState, Lookup } from './decider.js';

/** Changes in front of a state that must not be changed yet: thrown away on a conflict, merged once they are committed. */
export interface Overlay<V> extends KeyedState<V> {
  mergeInto(state: KeyedState<V>): void;
}

/** An empty overlay over `base`. */
export const overlayOn = <V>(base: Lookup<V>): Overlay<V> => {
  const changed = new Map<string, V | undefined>();
  return {
    get: (key) => (changed.has(key) ? changed.get(key) : base.get(key)),
    set: (key, value) => void changed.set(key, value),
    mergeInto: (state) => changed.forEach((value, key) => state.set(key, value)),
  };
};
