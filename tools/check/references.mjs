// Keeps the project references of tsconfig.lib.json and tsconfig.spec.json equal to what the sources import.
// `node tools/check/references.mjs` fails on drift and says where; `--write` repairs it, in the folders
// that follow or everywhere. Nx's own sync generator does not fit
// here: it puts what only a spec imports into the references of the library, which makes cycles with the testing library.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import prettier from 'prettier';
import ts from 'typescript';
import { projects, readJson, root } from '../workspace.mjs';

const sourcesOf = (directory) =>
  readdirSync(join(root, directory, 'src'), { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(root, directory, 'src', path));

const packageOf = (specifier) => specifier.split('/').slice(0, 2).join('/');

const importsOf = (path) =>
  ts.preProcessFile(readFileSync(path, 'utf8'), true, true).importedFiles.map(({ fileName }) => packageOf(fileName));

const wantedBy = (project, files, byName) => {
  const names = new Set(files.flatMap(importsOf).filter((name) => byName.has(name) && name !== project.name));
  return [...names]
    .map((name) => relative(project.directory, `${byName.get(name).directory}/tsconfig.lib.json`))
    .sort();
};

/** `{ path, references }` of each tsconfig that refers to other projects, as the sources ask for it. */
export const wantedReferences = (all = projects()) => {
  const byName = new Map(all.map((project) => [project.name, project]));
  const ofProject = (project) => {
    const files = sourcesOf(project.directory);
    const isSpec = (path) => path.endsWith('.spec.ts') || path.includes('/fixtures/');
    const library = wantedBy(
      project,
      files.filter((path) => !isSpec(path)),
      byName,
    );
    const specs = wantedBy(project, files.filter(isSpec), byName);
    return [
      { path: `${project.directory}/tsconfig.lib.json`, references: library },
      { path: `${project.directory}/tsconfig.spec.json`, references: ['./tsconfig.lib.json', ...specs] },
    ];
  };
  return [
    { path: 'tsconfig.json', references: all.map(({ directory }) => `./${directory}`) },
    ...all.flatMap(ofProject),
  ];
};

const currentReferences = (path) => (readJson(join(root, path)).references ?? []).map((reference) => reference.path);

/** The tsconfig files whose references are not what the sources ask for, as `{ path, references, current }`. */
export const drift = () =>
  wantedReferences()
    .map((wanted) => ({ ...wanted, current: currentReferences(wanted.path) }))
    .filter(({ references, current }) => [...references].sort().join() !== [...current].sort().join());

const write = async ({ path, references }) => {
  const content = { ...readJson(join(root, path)), references: references.map((reference) => ({ path: reference })) };
  const options = await prettier.resolveConfig(join(root, path));
  writeFileSync(
    join(root, path),
    await prettier.format(JSON.stringify(content, undefined, 2), { ...options, filepath: path }),
  );
};

const explain = ({ path, references, current }) => {
  const missing = references.filter((reference) => !current.includes(reference));
  const surplus = current.filter((reference) => !references.includes(reference));
  return `${path}: ${[...missing.map((name) => `misses ${name}`), ...surplus.map((name) => `has ${name}, which nothing imports`)].join('; ')}`;
};

if (process.argv[1] === import.meta.filename) {
  const folders = process.argv.slice(2).filter((argument) => argument !== '--write');
  const isAsked = ({ path }) => folders.length === 0 || folders.some((folder) => path.startsWith(`${folder}/`));
  const found = drift().filter(isAsked);
  if (process.argv.includes('--write')) for (const file of found) await write(file);
  for (const file of found) console.log(explain(file));
  if (found.length > 0 && !process.argv.includes('--write')) {
    console.log('Repair with: node tools/check/references.mjs --write');
    process.exitCode = 1;
  }
}
