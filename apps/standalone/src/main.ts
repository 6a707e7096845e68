import { DatabaseRefused } from '@thuban/database';
import { StoreRefused } from '@thuban/event-log-embedded';
import { effectiveConfigText, helpText, loadConfig, StartupError } from '@thuban/nest';
import { banner } from './banner.js';
import { commandOf, type Command } from './command.js';
import { SETTINGS, type Settings } from './settings.js';
import { startStandalone } from './start-standalone.js';
import { VERSION } from './version.js';
import { wipe } from './wipe.js';

const INTRO = `thuban ${VERSION}: the whole control plane in one process, on an embedded store

  npm start [-- flags]        start
  npm start -- config [flags] print every setting and where it comes from
  npm start -- wipe [flags]   delete the data directory's contents`;

/** Exit code 2: something the user can put right. */
const refuse = (...sentences: readonly string[]): void => {
  for (const sentence of sentences) console.error(`thuban: ${sentence}`);
  process.exitCode = 2;
};

type Config = Extract<ReturnType<typeof loadConfig<typeof SETTINGS>>, { readonly kind: 'config' }>;

const run = async (command: Command, config: Config): Promise<void> => {
  const settings: Settings = config.values;
  switch (command.kind) {
    case 'start':
      console.log(banner(await startStandalone(settings)));
      return;
    case 'wipe': {
      const files = await wipe(settings['data-dir']);
      console.log(files.length > 0 ? `deleted ${files.join(', ')}` : `nothing to delete in ${settings['data-dir']}`);
      return;
    }
    case 'config':
      process.stdout.write(effectiveConfigText(config));
      return;
    case 'refused':
      refuse(command.sentence);
  }
};

const main = async (): Promise<void> => {
  const config = loadConfig(SETTINGS, { argv: process.argv.slice(2), env: process.env, file: 'thuban.yaml' });
  switch (config.kind) {
    case 'help':
      console.log(helpText(SETTINGS, INTRO));
      return;
    case 'errors':
      refuse(...config.errors, 'see --help');
      return;
    case 'config':
      await run(commandOf(config.rest), config);
  }
};

main().catch((error: unknown) => {
  const expected = error instanceof StartupError || error instanceof StoreRefused || error instanceof DatabaseRefused;
  if (!expected) {
    console.error(error);
    process.exit(1);
  }
  refuse(error.message);
  process.exit(error instanceof StartupError ? error.exitCode : 2);
});
