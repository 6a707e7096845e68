import { StoreRefused } from '@thuban/event-sourcing';
import { helpText } from './config-text.js';
import { loadConfig, type LoadedConfig } from './load-config.js';
import type { OptionTable } from './options.js';
import { StartupError } from './startup-error.js';

/** The settings of a program, and the words of its command line that are no flags. */
export type Config<S extends OptionTable> = Extract<LoadedConfig<S>, { readonly kind: 'config' }>;

/** A program of this product. */
export interface Program<S extends OptionTable> {
  /** Before its sentences on stderr. */
  readonly name: string;
  /** What `--help` begins with. */
  readonly intro: string;
  readonly settings: S;
  /** Its file of settings. */
  readonly file: string;
  /** Does what was asked; `refuse` says what is wrong with it. */
  readonly run: (config: Config<S>, refuse: (sentence: string) => void) => Promise<void>;
}

const start = async <S extends OptionTable>(
  { settings, file, intro, run }: Program<S>,
  refuse: (...sentences: readonly string[]) => void,
): Promise<void> => {
  const config = loadConfig(settings, { argv: process.argv.slice(2), env: process.env, file });
  switch (config.kind) {
    case 'help':
      return console.log(helpText(settings, intro));
    case 'errors':
      return refuse(...config.errors, 'see --help');
    case 'config':
      return run(config, refuse);
  }
};

/** Runs a program: settings, help, and one sentence and exit code 2 for what the user can put right. */
export const runProgram = <S extends OptionTable>(program: Program<S>): void => {
  const refuse = (...sentences: readonly string[]): void => {
    for (const sentence of sentences) console.error(`${program.name}: ${sentence}`);
    process.exitCode = 2;
  };
  start(program, refuse).catch((error: unknown) => {
    if (!(error instanceof StartupError || error instanceof StoreRefused)) {
      console.error(error);
      process.exit(1);
    }
    refuse(error.message);
    process.exit(error instanceof StartupError ? error.exitCode : 2);
  });
};
