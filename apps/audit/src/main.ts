import { runApp } from '@thuban/cluster';
import { SETTINGS } from './settings.js';
import { startAudit } from './start-audit.js';
import { VERSION } from './version.js';

runApp({
  name: 'audit',
  what: 'keeps who changed what, and proves that nothing was changed afterwards',
  version: VERSION,
  settings: SETTINGS,
  start: async (settings) => (await startAudit(settings)).ready,
});
