/**
 * The codes of PolarisMesh for a field that is not acceptable (its `InvalidXxx` codes).
 * A field without a code of its own has INVALID_PARAMETER.
 */
export const POLARIS_CODE = {
  INVALID_PARAMETER: 400103,
  NAMESPACE_NAME: 400110,
  NAMESPACE_OWNERS: 400111,
  SERVICE_NAME: 400120,
  SERVICE_OWNERS: 400121,
  SERVICE_METADATA: 400123,
  SERVICE_PORTS: 400124,
  SERVICE_BUSINESS: 400125,
  SERVICE_DEPARTMENT: 400126,
  SERVICE_COMMENT: 400128,
  ALIAS_COMMENT: 400129,
  INSTANCE_ID: 400130,
  INSTANCE_HOST: 400131,
  INSTANCE_PORT: 400132,
  ALIAS_NAME: 400133,
  ALIAS_NAMESPACE: 400134,
  ALIAS_OWNERS: 400135,
  INSTANCE_PROTOCOL: 400136,
  INSTANCE_VERSION: 400137,
  INSTANCE_LOGIC_SET: 400138,
  INSTANCE_ISOLATED: 400139,
  INSTANCE_METADATA: 400150,
} as const;

/** A field that was refused. `message` reads on its own and names the field; `polarisCode` is what the SDK protocol answers. */
export interface Invalid {
  readonly ok: false;
  readonly field: string;
  readonly message: string;
  readonly polarisCode: number;
}

/** What validation returns; it never throws. */
export type Validated<T> = { readonly ok: true; readonly value: T } | Invalid;

/** Reads one field from what a client sent. A problem reads on after the field's name: `must be …`. */
export interface Field<V> {
  readonly polarisCode: number;
  read(value: unknown): { readonly value: V } | { readonly problem: string };
}

/** The fields of a value, in the order in which they are checked. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** What a client sent: any JSON, or a decoded protobuf message. Absent and undefined are the same. */
export type Input<T> = { readonly [K in keyof T]?: unknown };

const NAME = /^[0-9A-Za-z\-.:_/]+$/;
const CONTROL = /[\p{Cc}\p{Surrogate}]/u;
// An id joins host and port by '##', so a '#' could make two instances one.
const HOST = /^[^#\s]+$/u;

interface TextOptions {
  readonly required?: boolean;
  readonly pattern?: RegExp;
  readonly patternSays?: string;
  readonly trimmed?: boolean;
}

/** How many characters there are when there are more than `max`. An emoji is one, as in PolarisMesh. */
const tooMany = (value: string, max: number): number | undefined => {
  if (value.length <= max) return undefined;
  const characters = [...value].length;
  return characters > max ? characters : undefined;
};

/** A string of at most `max` characters without control characters or lone surrogates; absent is "". */
export const text = (polarisCode: number, max: number, options: TextOptions = {}): Field<string> => ({
  polarisCode,
  read: (given) => {
    if (given !== undefined && given !== null && typeof given !== 'string') return { problem: 'must be a string' };
    const value = options.trimmed ? (given ?? '').trim() : (given ?? '');
    if (value === '') return options.required ? { problem: 'must not be empty' } : { value };
    const characters = tooMany(value, max);
    if (characters !== undefined) return { problem: `must have at most ${max} characters, it has ${characters}` };
    if (CONTROL.test(value)) return { problem: 'must not hold control characters' };
    if (options.pattern && !options.pattern.test(value)) return { problem: options.patternSays ?? 'has a wrong form' };
    return { value };
  },
});

/** A name of letters, digits and `- . : _ /`, not empty. */
export const name = (polarisCode: number, max: number): Field<string> =>
  text(polarisCode, max, { required: true, pattern: NAME, patternSays: 'may hold only letters, digits and - . : _ /' });

/** An address or host name, trimmed: no white space, no `#`. */
export const host = (polarisCode: number, max: number): Field<string> =>
  text(polarisCode, max, {
    required: true,
    trimmed: true,
    pattern: HOST,
    patternSays: 'must not hold white space or #',
  });

/** An integer from 0 to `max`; absent is `ifAbsent`, or refused without one. */
export const integer = (polarisCode: number, max: number, ifAbsent?: number): Field<number> => ({
  polarisCode,
  read: (given) => {
    const value = given ?? ifAbsent;
    if (value === undefined) return { problem: 'must be given' };
    if (typeof value !== 'number' || !Number.isInteger(value)) return { problem: 'must be an integer' };
    // The sum makes a 0 of -0, which JSON does not have.
    return value >= 0 && value <= max ? { value: value + 0 } : { problem: `must be from 0 to ${max}, it is ${value}` };
  },
});

/** True or false; absent is `ifAbsent`. */
export const flag = (polarisCode: number, ifAbsent: boolean): Field<boolean> => ({
  polarisCode,
  read: (given) => {
    const value = given ?? ifAbsent;
    return typeof value === 'boolean' ? { value } : { problem: 'must be true or false' };
  },
});

const PAIRS_MAX = 64;
const KEY_MAX = 128;
const VALUE_MAX = 4096;

const pairProblem = (key: string, value: unknown): string | undefined => {
  if (key === '') return 'must not have an empty key';
  // A key that means something else to JavaScript objects would be lost or do harm on its way through other programs.
  if (key === '__proto__') return 'must not have the key "__proto__"';
  const inKey = tooMany(key, KEY_MAX);
  if (inKey !== undefined) return `must have keys of at most ${KEY_MAX} characters, one has ${inKey}`;
  if (CONTROL.test(key)) return 'must not have control characters in a key';
  if (typeof value !== 'string') return `must have strings as values, "${key}" has none`;
  const inValue = tooMany(value, VALUE_MAX);
  if (inValue !== undefined) return `must have values of at most ${VALUE_MAX} characters, "${key}" has ${inValue}`;
  return CONTROL.test(value) ? `must not have control characters in the value of "${key}"` : undefined;
};

/** Up to 64 pairs of strings, from an object or a Map; absent is none. */
export const metadata = (polarisCode: number): Field<Readonly<Record<string, string>>> => ({
  polarisCode,
  read: (given) => {
    const value = given ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) return { problem: 'must be an object of strings' };
    const pairs: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
    if (pairs.length > PAIRS_MAX) return { problem: `must have at most ${PAIRS_MAX} pairs, it has ${pairs.length}` };
    for (const [key, each] of pairs) {
      const problem = pairProblem(String(key), each);
      if (problem !== undefined) return { problem };
    }
    return { value: Object.fromEntries(pairs) as Record<string, string> };
  },
});

const invalid = (field: string, problem: string, polarisCode: number): Invalid => ({
  ok: false,
  field,
  message: `${field} ${problem}`,
  polarisCode,
});

/** Reads all fields; the first problem wins. */
export const readAll = <T extends object>(fields: Fields<T>, input: Input<NoInfer<T>>): Validated<T> => {
  const value: Partial<T> = {};
  for (const key in fields) {
    const result = fields[key].read(input[key]);
    if ('problem' in result) return invalid(key, result.problem, fields[key].polarisCode);
    if (result.value !== undefined) value[key] = result.value;
  }
  return { ok: true, value: value as T };
};

/** Reads the fields that were given, so that the others stay as they are. */
export const readGiven = <T extends object>(fields: Fields<T>, input: Input<NoInfer<T>>): Validated<Partial<T>> => {
  const value: Partial<T> = {};
  for (const key in fields) {
    if (input[key] === undefined) continue;
    const result = fields[key].read(input[key]);
    if ('problem' in result) return invalid(key, result.problem, fields[key].polarisCode);
    value[key] = result.value;
  }
  return { ok: true, value };
};
