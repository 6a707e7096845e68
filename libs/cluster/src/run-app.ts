import { effectiveConfigText, runProgram, type OptionTable, type ValuesOf } from '@thuban/nest';

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

/** Runs a program of the cluster; see `runProgram`. */
export const runApp = <S extends OptionTable>({ name, what, version, settings, start }: App<S>): void =>
  runProgram({
    name,
    settings,
    file: `${name}.yaml`,
    intro: `${name} ${version}: ${what}\n\n  ${name} [flags]         start\n  ${name} config [flags]  print every setting and where it comes from`,
    run: async (config, refuse) => {
      const [command, ...more] = config.rest;
      if (command === undefined) console.log(await start(config.values));
      else if (command === 'config' && more.length === 0) process.stdout.write(effectiveConfigText(config));
      else refuse(`unknown command "${config.rest.join(' ')}": only config is; see --help`);
    },
  });
