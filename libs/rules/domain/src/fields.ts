/** A field that was refused: `field` is a path such as `branches.0.sources.1.service`, and `message` reads on its own and names it. */
export interface Invalid {
  readonly ok: false;
  readonly field: string;
  readonly message: string;
}

/** What validation returns; it never throws. */
export type Validated<T> = { readonly ok: true; readonly value: T } | Invalid;

/** Reads a value at a path from what a client sent: any JSON. Absent, undefined and null are the same. The first problem wins. */
export type Reader<T> = (given: unknown, path: string) => Validated<T>;

/** The readers of an object's fields, in the order in which they are checked and kept. */
export type Readers<T> = { readonly [K in keyof T]-?: Reader<T[K]> };

/** What a client sent. */
export type Input<T> = { readonly [K in keyof T]?: unknown };

const ok = <T>(value: T): Validated<T> => ({ ok: true, value });

/** Refuses the field at a path; the problem reads on after its name: `must be …`. */
export const invalid = (path: string, problem: string): Invalid => {
  const field = path === '' ? 'body' : path;
  return { ok: false, field, message: `${field} ${problem}` };
};

const inside = (path: string, key: string | number): string => (path === '' ? String(key) : `${path}.${key}`);

const CONTROL = /[\p{Cc}\p{Surrogate}]/u;
const NAME = /^[0-9A-Za-z\-.:_/]+$/;

/** How many characters there are when there are more than `max`. An emoji is one. */
const tooMany = (value: string, max: number): number | undefined => {
  if (value.length <= max) return undefined;
  const characters = [...value].length;
  return characters > max ? characters : undefined;
};

/** A string of at most `max` characters without control characters or lone surrogates; absent is `ifAbsent`. */
export const text =
  (max: number, ifAbsent = ''): Reader<string> =>
  (given, path) => {
    const value = given ?? ifAbsent;
    if (typeof value !== 'string') return invalid(path, 'must be a string');
    const characters = tooMany(value, max);
    if (characters !== undefined) return invalid(path, `must have at most ${max} characters, it has ${characters}`);
    return CONTROL.test(value) ? invalid(path, 'must not hold control characters') : ok(value);
  };

/** A string that is not empty. */
export const someText =
  (max: number): Reader<string> =>
  (given, path) => {
    const read = text(max)(given, path);
    return read.ok && read.value === '' ? invalid(path, 'must not be empty') : read;
  };

/** A name of letters, digits and `- . : _ /`, not empty; with `any`, or `*`. */
export const name =
  (max: number, { any = false, ifAbsent = '' } = {}): Reader<string> =>
  (given, path) => {
    const read = someText(max)(given ?? ifAbsent, path);
    if (!read.ok || NAME.test(read.value) || (any && read.value === '*')) return read;
    return invalid(path, `may hold only letters, digits and - . : _ /${any ? ', or be *' : ''}`);
  };

/** An integer from 0 to `max`; absent is `ifAbsent`. */
export const integer =
  (max: number, ifAbsent: number): Reader<number> =>
  (given, path) => {
    const value = given ?? ifAbsent;
    if (typeof value !== 'number' || !Number.isInteger(value)) return invalid(path, 'must be an integer');
    // The sum makes a 0 of -0, which JSON does not have.
    return value >= 0 && value <= max ? ok(value + 0) : invalid(path, `must be from 0 to ${max}, it is ${value}`);
  };

/** True or false; absent is `ifAbsent`. */
export const flag =
  (ifAbsent: boolean): Reader<boolean> =>
  (given, path) => {
    const value = given ?? ifAbsent;
    return typeof value === 'boolean' ? ok(value) : invalid(path, 'must be true or false');
  };

/** One of these words; absent is the first. */
export const oneOf =
  <T extends string>(words: readonly [T, ...T[]]): Reader<T> =>
  (given, path) => {
    const found = words.find((word) => word === (given ?? words[0]));
    return found === undefined ? invalid(path, `must be one of ${words.join(', ')}`) : ok(found);
  };

/** An object of these fields. Fields that are not known are left out. */
export const object =
  <T extends object>(readers: Readers<T>): Reader<T> =>
  (given, path) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return invalid(path, 'must be an object');
    const value: Partial<T> = {};
    for (const key in readers) {
      const read = readers[key]((given as Input<T>)[key], inside(path, key));
      if (!read.ok) return read;
      value[key] = read.value;
    }
    return ok(value as T);
  };

/** Those of the fields that were given, so that the others stay as they are. */
export const givenOf =
  <T extends object>(readers: Readers<T>): Reader<Partial<T>> =>
  (given, path) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return invalid(path, 'must be an object');
    const value: Partial<T> = {};
    for (const key in readers) {
      if ((given as Input<T>)[key] === undefined) continue;
      const read = readers[key]((given as Input<T>)[key], inside(path, key));
      if (!read.ok) return read;
      value[key] = read.value;
    }
    return ok(value);
  };

/** A list of `min` to `max` items; absent is none. */
export const list =
  <T>(item: Reader<T>, { min = 0, max }: { readonly min?: number; readonly max: number }): Reader<readonly T[]> =>
  (given, path) => {
    const items = given ?? [];
    if (!Array.isArray(items)) return invalid(path, 'must be an array');
    if (items.length < min) return invalid(path, 'must not be empty');
    if (items.length > max) return invalid(path, `must have at most ${max} items, it has ${items.length}`);
    const values: T[] = [];
    for (const [i, each] of items.entries()) {
      const read = item(each, inside(path, i));
      if (!read.ok) return read;
      values.push(read.value);
    }
    return ok(values);
  };

const PAIRS_MAX = 64;
const KEY_MAX = 128;

/** Up to 64 values by key, the keys in code-unit order; absent is none. */
export const record =
  <T>(value: Reader<T>): Reader<Readonly<Record<string, T>>> =>
  (given, path) => {
    if (typeof (given ?? {}) !== 'object' || Array.isArray(given)) return invalid(path, 'must be an object');
    const pairs = Object.entries((given ?? {}) as object).sort(([a], [b]) => (a < b ? -1 : 1));
    if (pairs.length > PAIRS_MAX) return invalid(path, `must have at most ${PAIRS_MAX} pairs, it has ${pairs.length}`);
    const values: [string, T][] = [];
    for (const [key, each] of pairs) {
      // A key that means something else to JavaScript objects would be lost or do harm on its way through other programs.
      if (key === '__proto__') return invalid(path, 'must not have the key "__proto__"');
      const named = someText(KEY_MAX)(key, path);
      if (!named.ok)
        return invalid(path, `has the key "${key.slice(0, KEY_MAX)}", which ${named.message.slice(path.length + 1)}`);
      const read = value(each, inside(path, key));
      if (!read.ok) return read;
      values.push([key, read.value]);
    }
    return ok(Object.fromEntries(values));
  };

/** Reads, and refuses what `problemOf` finds wrong: where inside the value, and what. */
export const checked =
  <T>(
    read: Reader<T>,
    problemOf: (value: T) => { readonly at: string; readonly problem: string } | undefined,
  ): Reader<T> =>
  (given, path) => {
    const result = read(given, path);
    const found = result.ok ? problemOf(result.value) : undefined;
    return found ? invalid(inside(path, found.at), found.problem) : result;
  };
