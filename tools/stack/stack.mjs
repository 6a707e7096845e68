// Makes the real components available that demos and tests run against.
//   node tools/stack/stack.mjs envoy     prints the path of an Envoy
//   node tools/stack/stack.mjs go-sdk    prints the paths of the polaris-go programs, one `version path` a line
import { envoy } from './envoy.mjs';
import { goSdk } from './go-sdk.mjs';
import { Unavailable } from './run.mjs';

const VERBS = {
  envoy: async () => console.log(await envoy()),
  'go-sdk': async () => Object.entries(await goSdk()).forEach(([version, path]) => console.log(`${version} ${path}`)),
};

const verb = VERBS[process.argv[2]];
if (!verb) {
  console.error(`Usage: node tools/stack/stack.mjs ${Object.keys(VERBS).join('|')}`);
  process.exit(2);
}
try {
  await verb();
} catch (error) {
  console.error(error instanceof Unavailable ? error.message : error);
  process.exit(1);
}
