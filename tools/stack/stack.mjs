// The real components that demos, tests and a cluster on one machine run on.
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { down, logs, status, up, wipe } from './daemons.mjs';
import { deployCheck, promtool } from './deploy-check.mjs';
import { envoy } from './envoy.mjs';
import { goSdk } from './go-sdk.mjs';
import { missingOf, partsNamed, withNeeds } from './parts.mjs';
import { Unavailable } from './run.mjs';
import { runTemporary } from './temporary.mjs';

const USAGE = `Usage: node tools/stack/stack.mjs VERB [options]
  up                  starts what does not run yet and answers when all of it is ready
  status              says what runs and answers; exit code 1 when something does not
  down                stops it; the data stays
  wipe                stops it and deletes the data
  logs [PART]         the last lines that each part wrote
  run PART,PART --json
                      for tests: on free ports in a temporary directory until stdin closes or SIGTERM comes;
                      prints one line of JSON when all is ready
  missing PART,PART --json
                      says as JSON why which part cannot be had on this machine; installs nothing
  envoy               prints the path of an Envoy
  go-sdk              prints the paths of the polaris-go programs, one \`version path\` a line
  promtool            prints the path of a promtool
  deploy-check        prints the path of the program that reads docker-compose.yml and the Dockerfile
Options
  --only PART,PART    these parts, and for up and run what they need: ${partsNamed()
    .map(({ name }) => name)
    .join(', ')}
  --port-offset N     every port is N higher (default 0), so that two stacks do not meet
  --data-dir D        where everything is kept (default .thuban/stack, with an offset .thuban/stack-N)`;

const usage = (complaint) => {
  console.error(`${complaint}\n${USAGE}`);
  process.exit(2);
};

const parsed = () => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        only: { type: 'string' },
        'port-offset': { type: 'string', default: '0' },
        'data-dir': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    const [verb, list, ...more] = positionals;
    if (more.length > 0) throw new Error(`What is "${more[0]}"?`);
    const offset = Number(values['port-offset']);
    if (!Number.isInteger(offset))
      throw new Error(`--port-offset must be a whole number, not "${values['port-offset']}".`);
    const dataDir = values['data-dir'] ?? join(root, '.thuban', offset === 0 ? 'stack' : `stack-${offset}`);
    return { verb: values.help ? 'help' : verb, list, parts: partsNamed(values.only), offset, dataDir };
  } catch (error) {
    return usage(error.message);
  }
};

const VERBS = {
  help: async () => console.log(USAGE),
  up: async ({ parts, ...options }) => up({ ...options, parts: withNeeds(parts) }),
  down,
  status,
  wipe,
  logs: async ({ list, parts, ...options }) => logs({ ...options, parts: list ? partsNamed(list) : parts }),
  run: async ({ list, parts }) => runTemporary(withNeeds(list ? partsNamed(list) : parts)),
  missing: async ({ list, parts }) =>
    console.log(JSON.stringify(missingOf(withNeeds(list ? partsNamed(list) : parts)))),
  envoy: async () => console.log(await envoy()),
  promtool: async () => console.log(await promtool()),
  'deploy-check': async () => console.log(await deployCheck()),
  'go-sdk': async () => Object.entries(await goSdk()).forEach(([version, path]) => console.log(`${version} ${path}`)),
};

const options = parsed();
if (!VERBS[options.verb]) usage(options.verb ? `There is no verb "${options.verb}".` : 'Which verb?');
try {
  await VERBS[options.verb](options);
  process.exit(); // a closed stdin or a killed child must not hold us
} catch (error) {
  // What we said ourselves is a sentence for a person; anything else is a fault of these tools.
  console.error([Error, Unavailable].includes(error.constructor) ? error.message : error);
  process.exit(1);
}
