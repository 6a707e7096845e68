import { existsSync, readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { suggestion } from './nearest.js';
import type { OptionTable, ValuesOf } from './options.js';

/** Where values come from. */
export interface ConfigSources {
  /** Without the program: `process.argv.slice(2)`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A YAML file that is read when it exists; `--config FILE` (or THUBAN_CONFIG) names another one, which must exist. */
  readonly file?: string;
}

/** Who set a value: the flag, the variable or the key by its name, or nobody. */
export type Origin =
  { readonly from: 'flag' | 'environment' | 'file'; readonly name: string } | { readonly from: 'default' };

/** A union and no exception: the caller prints and chooses the exit code. */
export type LoadedConfig<T extends OptionTable> =
  | {
      readonly kind: 'config';
      readonly values: ValuesOf<T>;
      readonly origins: Readonly<Record<keyof T & string, Origin>>;
      /** Arguments that are no flags, for instance a command. */
      readonly rest: readonly string[];
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'errors'; readonly errors: readonly string[] };

interface Given {
  readonly value: unknown;
  readonly origin: Origin & { readonly from: string };
  /** How a person would point at it: `--http-port`, `THUBAN_HTTP_PORT`, `http-port in thuban.yaml`. */
  readonly shown: string;
}

type Layer = ReadonlyMap<string, Given>;

const CONFIG_FLAG = 'config';
const ENV_PREFIX = 'THUBAN_';

/** `http-port` → `THUBAN_HTTP_PORT` */
export const environmentNameOf = (name: string): string => ENV_PREFIX + name.replaceAll('-', '_').toUpperCase();

const flag = (name: string, value: unknown): Given => ({
  value,
  origin: { from: 'flag', name: `--${name}` },
  shown: `--${name}`,
});

const flagsOf = (table: OptionTable, argv: readonly string[], errors: string[]) => {
  const layer = new Map<string, Given>();
  const rest: string[] = [];
  const known = [...Object.keys(table), CONFIG_FLAG, 'help'];
  const takesValue = (name: string): boolean => name === CONFIG_FLAG || table[name]?.placeholder !== undefined;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--') return { layer, rest: [...rest, ...argv.slice(i + 1)] };
    if (!argument.startsWith('-') || argument === '-') {
      rest.push(argument);
      continue;
    }
    const [, written = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    const negated =
      written.startsWith('no-') &&
      !known.includes(written) &&
      known.includes(written.slice(3)) &&
      !takesValue(written.slice(3));
    const name = negated ? written.slice(3) : written;
    if (!known.includes(name) || !argument.startsWith('--'))
      errors.push(`unknown flag ${argument.split('=')[0]}${suggestion(written, known, (each) => `--${each}`)}`);
    else if (!takesValue(name)) layer.set(name, flag(name, negated ? false : (inline ?? true)));
    else if (inline !== undefined) layer.set(name, flag(name, inline));
    else if (argv[i + 1] === undefined || argv[i + 1]?.startsWith('--')) errors.push(`--${name} needs a value`);
    else layer.set(name, flag(name, argv[++i]));
  }
  return { layer, rest };
};

/**
 * Kubernetes tells every container of the services beside it (a service named `thuban`: THUBAN_PORT=tcp://…, THUBAN_SERVICE_HOST, …).
 * Those are nobody's settings.
 */
const isServiceLink = (variable: string, value: string): boolean =>
  /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(variable) ||
  (variable.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));

const environmentOf = (table: OptionTable, env: ConfigSources['env'], errors: string[]): Layer => {
  const names = new Map([...Object.keys(table), CONFIG_FLAG].map((name) => [environmentNameOf(name), name]));
  const layer = new Map<string, Given>();
  const given = (variable: string, value: string): Given => ({
    value,
    origin: { from: 'environment', name: variable },
    shown: variable,
  });
  for (const [name, { variable }] of Object.entries(table)) {
    const value = variable && env[variable];
    if (value) layer.set(name, given(variable, value)); // an empty one counts as unset there
  }
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || value === undefined || isServiceLink(variable, value)) continue;
    const name = names.get(variable);
    if (name === undefined) errors.push(`unknown variable ${variable}${suggestion(variable, [...names.keys()])}`);
    else layer.set(name, given(variable, value));
  }
  return layer;
};

const fileOf = (table: OptionTable, path: string, errors: string[]): Layer => {
  const layer = new Map<string, Given>();
  const read = readYaml(path);
  if ('error' in read) errors.push(read.error);
  else
    for (const [key, value] of Object.entries(read.keys)) {
      if (Object.hasOwn(table, key))
        layer.set(key, { value, origin: { from: 'file', name: path }, shown: `${key} in ${path}` });
      else errors.push(`unknown key ${key} in ${path}${suggestion(key, Object.keys(table))}`);
    }
  return layer;
};

const readYaml = (path: string): { readonly keys: object } | { readonly error: string } => {
  try {
    const document = parseDocument(readFileSync(path, 'utf8'));
    const first = document.errors[0];
    if (first) return { error: `${path} is not YAML: ${first.message.split('\n')[0]}` };
    const keys: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
    if (typeof keys === 'object' && keys !== null && !Array.isArray(keys)) return { keys };
    return { error: `${path} must hold settings as "name: value" lines` };
  } catch (error) {
    return { error: `the config file ${path} cannot be read: ${(error as Error).message}` };
  }
};

const configFileOf = (flags: Layer, environment: Layer, byDefault: string | undefined): string | undefined => {
  const named = flags.get(CONFIG_FLAG) ?? environment.get(CONFIG_FLAG);
  if (named) return String(named.value);
  return byDefault !== undefined && existsSync(byDefault) ? byDefault : undefined;
};

/**
 * Reads all settings with one precedence: flags > environment (`THUBAN_…`) > config file (YAML) > defaults.
 * Every mistake is reported, not only the first: unknown flags, variables and keys (with what was probably meant) and values
 * that do not parse, also those that a higher layer overrides.
 */
export const loadConfig = <T extends OptionTable>(table: T, sources: ConfigSources): LoadedConfig<T> => {
  const errors: string[] = [];
  const { layer: flags, rest } = flagsOf(table, sources.argv, errors);
  if (flags.has('help') || sources.argv.includes('-h')) return { kind: 'help' };
  const environment = environmentOf(table, sources.env, errors);
  const path = configFileOf(flags, environment, sources.file);
  const layers = [flags, environment, path === undefined ? new Map<string, Given>() : fileOf(table, path, errors)];
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const [name, option] of Object.entries(table)) {
    values[name] = option.default;
    origins[name] = { from: 'default' };
    for (const given of [...layers].reverse().flatMap((layer) => layer.get(name) ?? [])) {
      const parsed = option.parse(given.value);
      if (!parsed.ok) errors.push(`${given.shown} must be ${parsed.expected}, not ${JSON.stringify(given.value)}`);
      else [values[name], origins[name]] = [parsed.value, given.origin];
    }
  }
  if (errors.length > 0) return { kind: 'errors', errors };
  return { kind: 'config', values: values as ValuesOf<T>, origins: origins as Record<keyof T & string, Origin>, rest };
};
