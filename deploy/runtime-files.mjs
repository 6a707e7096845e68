// Copies what the built processes need to run, and nothing else, into one folder: node deploy/runtime-files.mjs TARGET
// It expects that the workspace is built and that node_modules holds no development packages.
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projects, root } from '../tools/workspace.mjs';

const [target] = process.argv.slice(2);
if (!target) {
  console.error('Usage: node deploy/runtime-files.mjs TARGET');
  process.exit(2);
}

const copy = (path, options = {}) =>
  cpSync(join(root, path), join(resolve(target), path), { recursive: true, ...options });
const isRun = ({ directory }) => !directory.endsWith('-e2e') && directory !== 'libs/testing';
const isNoise = (path) => /\.tsbuildinfo$|\.d\.ts$|\.d\.ts\.map$|\/dist\/spec(\/|$)/.test(path);

mkdirSync(target, { recursive: true });
if (readdirSync(target).length > 0) throw new Error(`${target} is not empty`);
// Links stay links: node_modules/@thuban/x points into libs/x.
copy('node_modules', { verbatimSymlinks: true });
for (const name of ['package.json', 'LICENSE']) copy(name);
for (const { directory } of projects().filter(isRun)) {
  copy(`${directory}/package.json`);
  for (const folder of ['dist', 'node_modules'])
    if (existsSync(join(root, directory, folder)))
      copy(`${directory}/${folder}`, { verbatimSymlinks: true, filter: (path) => folder !== 'dist' || !isNoise(path) });
}
