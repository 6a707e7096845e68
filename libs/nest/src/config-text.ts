import { environmentNameOf, type LoadedConfig, type Origin } from './load-config.js';
import type { Option, OptionTable } from './options.js';

const shownDefault = ({ default: value, placeholder }: Option<unknown>): string =>
  value === undefined || (placeholder === undefined && value === false) ? '' : ` (default ${String(value)})`;

const rows = (entries: readonly (readonly [left: string, right: string])[], indent = '  '): string => {
  const width = Math.max(...entries.map(([left]) => left.length));
  return entries.map(([left, right]) => `${indent}${left.padEnd(width)}  ${right}`.trimEnd()).join('\n');
};

/** The text of `--help`, from the same table that is parsed. `intro` says what the program is and how it is called. */
export const helpText = (table: OptionTable, intro: string): string => {
  const options = Object.entries(table);
  const groups = [...new Set(options.map(([, { group }]) => group ?? 'Options'))];
  const line = ([name, option]: readonly [string, Option<unknown>]) =>
    [
      `--${name}${option.placeholder === undefined ? '' : ` ${option.placeholder}`}`,
      option.help + shownDefault(option),
    ] as const;
  const sections = groups.map((title) => {
    const inGroup = options.filter(([, { group }]) => (group ?? 'Options') === title);
    return `${title}:\n${rows(inGroup.map(line))}`;
  });
  const common = rows([
    ['--config FILE', 'settings as YAML, one "name: value" a line, names as the flags above'],
    ['--help', 'this text'],
  ]);
  const example = environmentNameOf(options[0]?.[0] ?? 'config');
  return `${intro}\n\n${sections.join('\n\n')}\n\nCommon:\n${common}\n\nA flag wins over the environment (${example}), which wins over the config file, which wins over the default.\n`;
};

const shownOrigin = (origin: Origin): string =>
  origin.from === 'default' ? 'default' : `${origin.from} ${origin.name}`;

/** What a start would use and who said so, one setting a line: YAML that can be a config file. */
export const effectiveConfigText = <T extends OptionTable>({
  values,
  origins,
}: Extract<LoadedConfig<T>, { kind: 'config' }>): string =>
  rows(
    Object.keys(origins).map((name) => [
      `${name}: ${String(values[name] ?? '')}`,
      `# ${shownOrigin(origins[name] as Origin)}`,
    ]),
    '',
  ) + '\n';
