/** Thrown by nobody: what parsing a value gives. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** One setting: its name as a flag (`http-port`), from which `THUBAN_HTTP_PORT` and `http-port:` in the file follow. */
export interface Option<T> {
  readonly help: string;
  readonly default: T;
  /** What stands for the value in the help: `PORT`. Absent for a switch, which takes none. */
  readonly placeholder?: string;
  /** A variable of somebody else's convention that is read too; ours wins over it. */
  readonly variable?: string;
  /** From a flag or the environment (text) or from the file (any YAML value). */
  readonly parse: (value: unknown) => Parsed<T>;
  /** Grouping in the help; options without one come first. */
  readonly group?: string;
}

/** All settings of a program by name: the one table that flags, environment, file and help are made from. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values of a table, by name. */
export type ValuesOf<T extends OptionTable> = { readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never };

interface Common<T> {
  readonly help: string;
  readonly default: T;
  readonly placeholder?: string;
  readonly variable?: string;
  readonly group?: string;
}

const good = <T>(value: T): Parsed<T> => ({ ok: true, value });
const bad = (expected: string): Parsed<never> => ({ ok: false, expected });

/** Any text that is not empty. */
export const textOption = (common: Common<string>): Option<string> => ({
  placeholder: 'TEXT',
  ...common,
  parse: (value) => (typeof value === 'string' && value !== '' ? good(value) : bad('some text')),
});

/** A text that may be absent. */
export const optionalTextOption = (common: Omit<Common<undefined>, 'default'>): Option<string | undefined> => ({
  placeholder: 'TEXT',
  ...common,
  default: undefined,
  parse: (value) => (typeof value === 'string' && value !== '' ? good(value) : bad('some text')),
});

/** A whole number between `min` and `max`. */
export const integerOption = (
  common: Common<number> & { readonly min: number; readonly max: number },
): Option<number> => ({
  placeholder: 'N',
  ...common,
  parse: (value) => {
    const number = typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
    const fits = Number.isInteger(number) && (number as number) >= common.min && (number as number) <= common.max;
    return fits ? good(number as number) : bad(`a whole number from ${common.min} to ${common.max}`);
  },
});

/** A part of a whole: a number from 0 to 1. */
export const ratioOption = (common: Common<number>): Option<number> => ({
  placeholder: 'RATIO',
  ...common,
  parse: (value) => {
    const number = typeof value === 'string' && /^(\d+\.?\d*|\.\d+)$/.test(value.trim()) ? Number(value) : value;
    return typeof number === 'number' && number >= 0 && number <= 1 ? good(number) : bad('a number from 0 to 1');
  },
});

/** A TCP port; 0 lets the system choose. */
export const portOption = (common: Common<number>): Option<number> =>
  integerOption({ placeholder: 'PORT', ...common, min: 0, max: 65_535 });

const YES_NO: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

/** On or off: `--name`, `--no-name`, `--name=false`. */
export const switchOption = (common: Omit<Common<boolean>, 'placeholder'>): Option<boolean> => ({
  ...common,
  parse: (value) => {
    const known = typeof value === 'boolean' ? value : YES_NO[String(value).toLowerCase()];
    return known === undefined ? bad('true or false') : good(known);
  },
});

/** One of a few words. */
export const choiceOption = <const W extends string>(
  common: Common<NoInfer<W>> & { readonly choices: readonly W[] },
): Option<W> => ({
  placeholder: common.choices.join('|'),
  ...common,
  parse: (value) => {
    const found = common.choices.find((choice) => choice === value);
    return found === undefined ? bad(`one of ${common.choices.join(', ')}`) : good(found);
  },
});
