// Before the first suite: the real components, and the programs that are tested. What cannot be had is passed on with its reason, so
// that the suites that need it are left out by name; in CI that is a failure.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '../..');
const PROGRAMS = ['standalone', 'thubanctl', 'registry', 'rule-config', 'xds-push', 'health-check'].map(
  (app) => `apps/${app}/dist/main.js`,
);

const obtain = async (get) => {
  const { Unavailable } = await import('../../tools/stack/run.mjs');
  try {
    return { value: await get() };
  } catch (error) {
    if (!(error instanceof Unavailable) || process.env.CI) throw error;
    return { missing: error.message };
  }
};

module.exports = async () => {
  const unbuilt = PROGRAMS.filter((path) => !existsSync(join(root, path)));
  if (unbuilt.length > 0)
    throw new Error(`${unbuilt.join(' and ')} not built: run \`npm run build\` first, or \`npm test\`, which does.`);
  const { envoy } = await import('../../tools/stack/envoy.mjs');
  const { frontConfig } = await import('../../tools/stack/front.mjs');
  const { goSdk } = await import('../../tools/stack/go-sdk.mjs');
  const { deployCheck, promtool } = await import('../../tools/stack/deploy-check.mjs');
  process.env.THUBAN_E2E_TOOLS = JSON.stringify({
    envoy: await obtain(envoy),
    front: { value: await frontConfig(new Proxy({}, { get: (_, name) => name })) },
    'polaris-go': await obtain(goSdk),
    promtool: await obtain(promtool),
    'deploy-check': await obtain(deployCheck),
  });
};
