import type { Lookup } from '@thuban/event-sourcing';

/**
 * The keys of one group of entries (the instances of a service, the services of a namespace), listed in code-unit order.
 * The entries themselves are in one map for all groups, so a member costs one array slot here.
 */
export class Listing<V> {
  /** Sorted at the last listing, new keys appended; may hold removed keys, and one twice that went and came back. */
  #keys: string[] = [];
  #exact = true;
  #values: readonly V[] | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  added(key: string, entries: Lookup<V>): void {
    this.#keys.push(key);
    this.#size++;
    this.#exact = false;
    this.#values = undefined;
    // Without this, one that comes and goes for ever and is never listed would fill the memory.
    if (this.#keys.length > 2 * this.#size + 64) this.#tidy(entries);
  }

  changed(): void {
    this.#values = undefined;
  }

  removed(): void {
    this.#size--;
    this.#exact = false;
    this.#values = undefined;
  }

  /** The same array until the next change. */
  list(entries: Lookup<V>): readonly V[] {
    if (!this.#exact) this.#tidy(entries);
    return (this.#values ??= this.#keys.map((key) => entries.get(key) as V));
  }

  /** The sort is close to linear, since all but the new keys are in order. */
  #tidy(entries: Lookup<V>): void {
    this.#keys = this.#keys.sort().filter((key, i, keys) => key !== keys[i - 1] && entries.get(key) !== undefined);
    this.#exact = true;
  }
}
