// `npm start [-- flags]`: builds what changed and runs Thuban with the flags.
import { buildAndRun } from './run.mjs';

await buildAndRun('apps/standalone/dist/main.js');
