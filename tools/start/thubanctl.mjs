// `npm run thubanctl -- …`: builds what changed and runs the command line.
import { buildAndRun } from './run.mjs';

await buildAndRun('apps/thubanctl/dist/main.js');
