// The Go program that drives the published polaris-go SDK in the end-to-end tests, once per version of the SDK.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { cacheFolder, fillOnce } from './cache.mjs';
import { onPath, run, Unavailable } from './run.mjs';

const sources = join(root, 'apps/standalone-e2e/polaris-go');

/** Module file by SDK version: 1.6.1 is the last that asks only for instances and routing before it answers. */
const MODULE_FILES = { '1.7.0': 'go.mod', '1.6.1': 'go-1.6.1.mod' };

const contentHash = () => {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const name of readdirSync(sources).sort()) hash.update(`\0${name}\0`).update(readFileSync(join(sources, name)));
  return hash.digest('hex').slice(0, 16);
};

const build = async (go, folder) => {
  console.error(`Building the polaris-go programs into ${folder} (a minute or two the first time)`);
  await fillOnce(folder, async (scratch) => {
    for (const [version, moduleFile] of Object.entries(MODULE_FILES)) {
      const output = join(scratch, `polaris-go-${version}`);
      const args = [
        'build',
        `-modfile=${moduleFile}`,
        '-mod=readonly',
        '-trimpath',
        '-ldflags=-s -w',
        '-o',
        output,
        '.',
      ];
      await run(go, args, { cwd: sources, env: { CGO_ENABLED: '0' }, show: true });
      console.error(`  polaris-go ${version} is built`);
    }
  });
};

/**
 * The programs' paths by SDK version, built if their sources have changed since.
 * @throws Unavailable when there is no Go here.
 */
export const goSdk = async () => {
  const folder = join(cacheFolder(), `polaris-go-${contentHash()}`);
  if (!existsSync(folder)) {
    const go = onPath('go');
    if (!go) throw new Unavailable('polaris-go: its test program is built with Go, and there is no go on PATH.');
    await build(go, folder);
  }
  return Object.fromEntries(
    Object.keys(MODULE_FILES).map((version) => [version, join(folder, `polaris-go-${version}`)]),
  );
};
