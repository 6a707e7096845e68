import { runApp } from '@thuban/cluster';
import { SETTINGS } from './settings.js';
import { startRuleConfig } from './start-rule-config.js';
import { VERSION } from './version.js';

runApp({
  name: 'rule-config',
  what: 'the rules that operators write',
  version: VERSION,
  settings: SETTINGS,
  start: startRuleConfig,
});
