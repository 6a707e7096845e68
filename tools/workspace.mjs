// What the tools know about the workspace: its root and its projects, read from package.json as npm and Nx read them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the root package.json. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Parses a JSON file of the workspace. */
export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const directoriesOf = (pattern) => {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  return readdirSync(join(root, parent), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [`${parent}/${entry.name}`] : [],
  );
};

/** Every project as `{ name, directory, tags }`, directories relative to the root and sorted. */
export const projects = () =>
  readJson(join(root, 'package.json'))
    .workspaces.flatMap(directoriesOf)
    .filter((directory) => existsSync(join(root, directory, 'package.json')))
    .sort()
    .map((directory) => {
      const { name, nx } = readJson(join(root, directory, 'package.json'));
      return { name, directory, tags: nx?.tags ?? [] };
    });

/** The script behind a command of an installed package, to be run with this very Node. */
export const binaryOf = (name, command = name) => {
  const { bin } = readJson(join(root, 'node_modules', name, 'package.json'));
  return join(root, 'node_modules', name, typeof bin === 'string' ? bin : bin[command]);
};
