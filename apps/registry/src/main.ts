import { runApp } from '@thuban/cluster';
import { SETTINGS } from './settings.js';
import { startRegistry } from './start-registry.js';
import { VERSION } from './version.js';

runApp({
  name: 'registry',
  what: 'namespaces, services and instances; every question of the SDK protocol',
  version: VERSION,
  settings: SETTINGS,
  start: startRegistry,
});
