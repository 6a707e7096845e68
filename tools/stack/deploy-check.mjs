// What the files under deploy/ are checked with, as there may be no container engine where they are tested.
import { existsSync } from 'node:fs';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { cacheFolder, fillOnce } from './cache.mjs';
import { goBuild } from './go-build.mjs';
import { onPath, run, Unavailable } from './run.mjs';

/**
 * The path of the program that reads docker-compose.yml and the Dockerfile with the parsers of Compose and BuildKit.
 * @throws Unavailable when there is no Go here.
 */
export const deployCheck = async () =>
  (await goBuild('deploy-check', join(root, 'deploy/check'), { 'deploy-check': 'go.mod' }))['deploy-check'];

// From the package without installing it: an installed one starts a Prometheus.
const fetchPromtool = async (folder) => {
  const [apt, dpkg] = [onPath('apt-get'), onPath('dpkg-deb')];
  if (!apt || !dpkg)
    throw new Unavailable(
      'promtool: there is none on PATH, and only on Debian it can be taken from a package (prometheus).',
    );
  console.error(`Fetching promtool (19 MB) into ${folder}`);
  await fillOnce(folder, async (scratch) => {
    await run(apt, ['download', '-qq', 'prometheus'], { cwd: scratch }).catch(async () => {
      await run(apt, ['update', '-qq']); // an image without package lists
      await run(apt, ['download', '-qq', 'prometheus'], { cwd: scratch });
    });
    const [archive] = await readdir(scratch);
    await run(dpkg, ['-x', archive, 'all'], { cwd: scratch });
    await rename(join(scratch, 'all/usr/bin/promtool'), join(scratch, 'promtool'));
    await Promise.all([archive, 'all'].map((name) => rm(join(scratch, name), { recursive: true })));
    await chmod(join(scratch, 'promtool'), 0o755);
  });
};

/**
 * The path of a promtool.
 * @throws Unavailable when there is none and none can be had here.
 */
export const promtool = async () => {
  const present = onPath('promtool');
  if (present) return present;
  const folder = join(cacheFolder(), 'promtool');
  if (!existsSync(folder)) await fetchPromtool(folder);
  return join(folder, 'promtool');
};
