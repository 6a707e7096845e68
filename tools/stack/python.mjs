// What the Python example needs, in the cache. `node tools/stack/python.mjs` prints the folder for PYTHONPATH as one line of JSON,
// or says why it cannot be had and ends with 1.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../workspace.mjs';
import { cacheFolder, fillOnce } from './cache.mjs';
import { onPath, run, Unavailable } from './run.mjs';

const REQUIREMENTS = join(root, 'docs/examples/python/requirements.txt');

/**
 * The interpreter and the folder with the packages of the example, installed when they are missing.
 * @throws Unavailable when there is no Python, or pip cannot install them.
 */
export const pythonPackages = async () => {
  const python = onPath('python3');
  if (!python) throw new Unavailable('Python: there is no python3 on PATH.');
  const version = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `python-${version}`);
  try {
    if (!existsSync(folder))
      await fillOnce(folder, async (scratch) => {
        const install = ['install', '--quiet', '--disable-pip-version-check', '--target', scratch, '-r', REQUIREMENTS];
        await run(python, ['-m', 'pip', ...install], { env: { PIP_ROOT_USER_ACTION: 'ignore' } });
      });
  } catch (error) {
    throw new Unavailable(`Python: pip cannot install ${REQUIREMENTS}: ${error.message.split('\n').at(-1)}`);
  }
  return { python, folder };
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  try {
    console.log(JSON.stringify(await pythonPackages()));
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
