import { DatabaseRefused } from '@thuban/database';
import { StoreRefused } from '@thuban/event-log-cluster';
import { effectiveConfigText, helpText, loadConfig, StartupError, type OptionTable, type ValuesOf } from '@thuban/nest';

/** One program of the cluster. */
export interface App<S extends OptionTable> {
  /** `registry`: the name of the process and of its file of settings, `registry.yaml`. */
  readonly name: string;
  /** One line on what it does, for `--help`. */
  readonly what: string;
  readonly version: string;
  readonly settings: S;
  /** Starts it; resolves with the lines to print when it is ready. */
  readonly start: (settings: ValuesOf<S>) => Promise<string>;
}

/** Exit code 2: something the operator can put right. */
const refuse = (name: string, sentences: readonly string[]): void => {
  for (const sentence of sentences) console.error(`${name}: ${sentence}`);
  process.exitCode = 2;
};

const run = async <S extends OptionTable>({ name, what, version, settings, start }: App<S>): Promise<void> => {
  const config = loadConfig(settings, { argv: process.argv.slice(2), env: process.env, file: `${name}.yaml` });
  switch (config.kind) {
    case 'help':
      console.log(
        helpText(
          settings,
          `${name} ${version}: ${what}\n\n  ${name} [flags]         start\n  ${name} config [flags]  print every setting and where it comes from`,
        ),
      );
      return;
    case 'errors':
      return refuse(name, [...config.errors, 'see --help']);
    case 'config': {
      const [command, ...more] = config.rest;
      if (command === undefined) console.log(await start(config.values));
      else if (command === 'config' && more.length === 0) process.stdout.write(effectiveConfigText(config));
      else refuse(name, [`unknown command "${config.rest.join(' ')}": only config is; see --help`]);
    }
  }
};

/** Runs a program of the cluster: settings, help, and one sentence and exit code 2 for what the operator can put right. */
export const runApp = <S extends OptionTable>(app: App<S>): void =>
  void run(app).catch((error: unknown) => {
    const expected = error instanceof StartupError || error instanceof StoreRefused || error instanceof DatabaseRefused;
    if (!expected) {
      console.error(error);
      process.exit(1);
    }
    refuse(app.name, [error.message]);
    process.exit(error instanceof StartupError ? error.exitCode : 2);
  });
