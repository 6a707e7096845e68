// Builds what `npm start` runs, and only when something changed: a stamp keeps the sizes and times of all sources.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binaryOf, projects, readJson, root } from '../workspace.mjs';

const TARGETS = ['@thuban/standalone', '@thuban/thubanctl'];
const STAMP = join(root, '.nx/start-stamp.json');
/** Files outside the projects that change what a build makes. */
const SHARED = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'node_modules/.package-lock.json'];
const NOT_SOURCES = new Set(['dist', 'node_modules', 'gen', '.envoy', 'testdata']);
const NO_INPUT = /\.spec\.ts$|^jest\.config\.js$|^\./;

const filesUnder = (directory) =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return NOT_SOURCES.has(entry.name) ? [] : filesUnder(path);
    return NO_INPUT.test(entry.name) ? [] : [path];
  });

const builtProjects = () =>
  projects().filter(({ directory }) => !directory.endsWith('-e2e') && directory !== 'libs/testing');

const sources = () => [
  ...SHARED.map((name) => join(root, name)).filter((path) => existsSync(path)),
  ...[...builtProjects().map(({ directory }) => directory), 'proto'].flatMap((name) => filesUnder(join(root, name))),
];

const fingerprint = () => {
  const hash = createHash('sha256');
  for (const path of sources().sort()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path}\n${size}\n${mtimeMs}\n`);
  }
  return hash.digest('hex');
};

const outputs = () => builtProjects().map(({ directory }) => `${directory}/dist`);
const isThere = (path) => existsSync(join(root, path));

/** True when the build output belongs to the sources as they are now. */
export const isFresh = () => {
  if (!existsSync(STAMP)) return false;
  const stamp = readJson(STAMP);
  return stamp.outputs.every(isThere) && stamp.fingerprint === fingerprint();
};

const writeStamp = (fingerprint) => {
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ fingerprint, outputs: outputs().filter(isThere) }));
};

const seconds = (sinceMs) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

/** Splits the output of Nx into one block a task, and tells of each task as it ends. */
const taskBlocks = (onTask) => {
  const blocks = new Map();
  let current;
  let total = 0;
  return {
    blocks,
    line(text) {
      const announced = /Running targets? .* for (?:(\d+) projects?|project \S+)(?: and (\d+) tasks?)?/.exec(text);
      if (announced) total = Number(announced[1] ?? 1) + Number(announced[2] ?? 0);
      const task = /^(?:> |\S )nx run (\S+)/.exec(text.trimStart())?.[1];
      if (task !== undefined && !blocks.has(task)) {
        blocks.set(task, []);
        onTask(task, blocks.size, total, /cache\]/.test(text));
      }
      current = task ?? current;
      if (current !== undefined) blocks.get(current).push(text);
    },
  };
};

const failedTasks = (lines) => {
  const from = lines.findIndex((line) => line.includes('Failed tasks:'));
  return from < 0 ? [] : lines.slice(from + 1).flatMap((line) => /^\s*-\s+(\S+)/.exec(line)?.[1] ?? []);
};

const runNx = (onLine) =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [binaryOf('nx'), 'run-many', '-t', 'build', '-p', ...TARGETS, '--outputStyle=static', '--skip-sync'],
      // No background process is left behind for a user who only wants to run it.
      { cwd: root, env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NO_COLOR: '1', FORCE_COLOR: '0' } },
    );
    let rest = '';
    const take = (chunk) => {
      const lines = (rest + chunk).split(/\r*\n/);
      rest = lines.pop();
      lines.forEach(onLine);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', reject);
    child.on('close', (code) => {
      if (rest !== '') onLine(rest);
      resolve(code);
    });
  });

/** Builds when needed, with a line a project on stderr. Answers false, after saying what failed, when it could not. */
export const ensureBuilt = async () => {
  if (!existsSync(join(root, 'node_modules/nx'))) {
    console.error('thuban: the dependencies are not installed. Run `npm ci` first.');
    return false;
  }
  if (isFresh()) return true;
  const before = fingerprint();
  const startedMs = performance.now();
  console.error('thuban: building (first start or changed sources)');
  const all = [];
  const tasks = taskBlocks((task, done, total, cached) => {
    const count = `${String(done).padStart(2)}${total > 0 ? `/${total}` : ''}`;
    console.error(`  ${count}  ${task.replace('@thuban/', '')}${cached ? '  (unchanged)' : ''}  ${seconds(startedMs)}`);
  });
  const code = await runNx((line) => {
    all.push(line);
    tasks.line(line);
  });
  if (code === 0) {
    writeStamp(before);
    console.error(`thuban: built in ${seconds(startedMs)}\n`);
    return true;
  }
  const failed = failedTasks(all).filter((task) => tasks.blocks.has(task));
  for (const task of failed) console.error(tasks.blocks.get(task).join('\n').split('\n NX ')[0].trimEnd());
  if (failed.length === 0) console.error(all.join('\n'));
  console.error(
    `\nthuban: the build failed${failed.length > 0 ? ` in ${failed.join(', ')}` : ''}; nothing was started.`,
  );
  return false;
};
