import { effectiveConfigText, runProgram } from '@thuban/nest';
import { banner } from './banner.js';
import { commandOf } from './command.js';
import { SETTINGS } from './settings.js';
import { startStandalone } from './start-standalone.js';
import { VERSION } from './version.js';
import { wipe } from './wipe.js';

runProgram({
  name: 'thuban',
  settings: SETTINGS,
  file: 'thuban.yaml',
  intro: `thuban ${VERSION}: the whole control plane in one process, on an embedded store

  npm start [-- flags]        start
  npm start -- config [flags] print every setting and where it comes from
  npm start -- wipe [flags]   delete the data directory's contents`,
  run: async (config, refuse) => {
    const { values: settings } = config;
    const command = commandOf(config.rest);
    switch (command.kind) {
      case 'start':
        return console.log(banner(await startStandalone(settings)));
      case 'wipe': {
        const files = await wipe(settings['data-dir']);
        const told = files.length > 0 ? `deleted ${files.join(', ')}` : `nothing to delete in ${settings['data-dir']}`;
        return console.log(told);
      }
      case 'config':
        return void process.stdout.write(effectiveConfigText(config));
      case 'refused':
        return refuse(command.sentence);
    }
  },
});
