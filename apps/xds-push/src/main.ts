import { runApp } from '@thuban/cluster';
import { SETTINGS } from './settings.js';
import { startXdsPush } from './start-xds-push.js';
import { VERSION } from './version.js';

runApp({
  name: 'xds-push',
  what: 'pushes what proxies need over xDS; writes nothing',
  version: VERSION,
  settings: SETTINGS,
  start: startXdsPush,
});
