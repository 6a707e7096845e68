import { runApp } from '@thuban/cluster';
import { SETTINGS } from './settings.js';
import { startHealthCheck } from './start-health-check.js';
import { VERSION } from './version.js';

runApp({
  name: 'health-check',
  what: 'knows which instances send heartbeats; verdicts come with a later release',
  version: VERSION,
  settings: SETTINGS,
  start: startHealthCheck,
});
