/** A map that forgets what was put in first once the sizes of its values add up to more than `bytesMax`. */
export interface BoundedCache<V extends { readonly byteLength: number }> {
  get(key: string): V | undefined;
  put(key: string, value: V): void;
  drop(key: string): void;
  stats(): { readonly entries: number; readonly bytes: number };
}

/** The newest value is kept even when it is larger than the bound on its own. */
export const boundedCache = <V extends { readonly byteLength: number }>(bytesMax: number): BoundedCache<V> => {
  const values = new Map<string, V>();
  let bytes = 0;
  const drop = (key: string): void => {
    const value = values.get(key);
    if (!value) return;
    bytes -= value.byteLength;
    values.delete(key);
  };
  return {
    get: (key) => values.get(key),
    put: (key, value) => {
      drop(key);
      values.set(key, value);
      bytes += value.byteLength;
      for (const oldest of values.keys()) {
        if (bytes <= bytesMax || oldest === key) return;
        drop(oldest);
      }
    },
    drop,
    stats: () => ({ entries: values.size, bytes }),
  };
};
