// Go programs of the tests: built into the cache, once for each content of their sources.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fillOnce } from './cache.mjs';
import { onPath, run, Unavailable } from './run.mjs';

const contentHash = (sources) => {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const name of readdirSync(sources).sort()) hash.update(`\0${name}\0`).update(readFileSync(join(sources, name)));
  return hash.digest('hex').slice(0, 16);
};

const build = async (go, sources, outputs, folder) => {
  console.error(`Building ${Object.keys(outputs).join(', ')} into ${folder} (up to two minutes the first time)`);
  await fillOnce(folder, async (scratch) => {
    for (const [name, moduleFile] of Object.entries(outputs)) {
      const flags = [`-modfile=${moduleFile}`, '-mod=readonly', '-trimpath', '-ldflags=-s -w'];
      const args = ['build', ...flags, '-o', join(scratch, name), '.'];
      await run(go, args, { cwd: sources, env: { CGO_ENABLED: '0' }, show: true });
      console.error(`  ${name} is built`);
    }
  });
};

/**
 * Programs from the Go package in `sources`, built if it has changed since: `outputs` has their names and the module file of each.
 * @returns their paths by name.
 * @throws Unavailable when there is no Go here.
 */
export const goBuild = async (title, sources, outputs) => {
  const folder = join(cacheFolder(), `${title}-${contentHash(sources)}`);
  if (!existsSync(folder)) {
    const go = onPath('go');
    if (!go) throw new Unavailable(`${title}: its program is built with Go, and there is no go on PATH.`);
    await build(go, sources, outputs, folder);
  }
  return Object.fromEntries(Object.keys(outputs).map((name) => [name, join(folder, name)]));
};
