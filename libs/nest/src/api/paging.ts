import { RequestRefused } from '../problem.js';

/** One page of a list that is ordered by key. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** The names that order a list: `[namespace, service, id]`. */
export type Key = readonly string[];

/** Compares names one after the other, in code-unit order as the state does. */
export const compareKeys = (a: Key, b: Key): number => {
  for (const [i, part] of a.entries()) {
    const other = b[i] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
};

const encode = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url');

const isKey = (value: unknown, parts: number): value is Key =>
  Array.isArray(value) && value.length === parts && value.every((part) => typeof part === 'string');

const decode = (cursor: string, parts: number): Key => {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (isKey(key, parts)) return key;
  } catch {
    // refused below
  }
  const message = 'is not a cursor of this list';
  throw new RequestRefused(400, 'INVALID_ARGUMENT', `query parameter cursor ${message}`, [
    { field: 'cursor', message },
  ]);
};

/** The key that a page begins after; `undefined`: at the beginning. @throws RequestRefused for what is no cursor. */
export const startOf = (cursor: string | undefined, parts: number): Key | undefined =>
  cursor === undefined ? undefined : decode(cursor, parts);

/**
 * Up to `limit` entries after the cursor. A cursor is a place in the order, not an offset: what is created or deleted
 * between two pages makes no other entry appear twice or be left out.
 */
export const pageOf = <E, V>(
  entries: Iterable<E>,
  {
    keyOf,
    matches,
    view,
    after,
    limit,
  }: {
    readonly keyOf: (entry: E) => Key;
    readonly matches: (entry: E) => boolean;
    readonly view: (entry: E) => V;
    readonly after: Key | undefined;
    readonly limit: number;
  },
): Page<V> => {
  const items: V[] = [];
  let last: E | undefined;
  for (const entry of entries) {
    if (after && compareKeys(keyOf(entry), after) <= 0) continue;
    if (!matches(entry)) continue;
    if (items.length === limit) return { items, next: encode(keyOf(last as E)) };
    items.push(view(entry));
    last = entry;
  }
  return { items };
};
