/** A map that lists its values in the code-unit order of their keys, and keeps the list until something changes. */
export class SortedMap<V> {
  readonly #map = new Map<string, V>();
  /** Sorted at the last listing, new keys appended; may hold removed keys, and one twice that went and came back. */
  #keys: string[] = [];
  #keysAreExact = true;
  #values: readonly V[] | undefined = [];

  get size(): number {
    return this.#map.size;
  }

  get(key: string): V | undefined {
    return this.#map.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#map.has(key)) {
      this.#keys.push(key);
      this.#keysAreExact = false;
    }
    this.#map.set(key, value);
    this.#values = undefined;
  }

  delete(key: string): void {
    if (!this.#map.delete(key)) return;
    this.#keysAreExact = false;
    this.#values = undefined;
  }

  /** The same array until the next change. The sort is close to linear, since all but the new keys are in order. */
  sorted(): readonly V[] {
    if (!this.#keysAreExact) {
      this.#keys = this.#keys.sort().filter((key, i, keys) => key !== keys[i - 1] && this.#map.has(key));
      this.#keysAreExact = true;
    }
    return (this.#values ??= this.#keys.map((key) => this.#map.get(key) as V));
  }
}
