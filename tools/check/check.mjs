// `npm run check`: what CI asks of a change. The quick steps all run, so that one round shows every complaint; the tests follow when
// they are content.
//   --no-tests   only the quick steps
//   --dirty      also fail when something here changed a tracked file or left a new one; always so in CI
import { spawnSync } from 'node:child_process';
import { binaryOf, root } from '../workspace.mjs';

const env = { ...process.env, NX_TUI: 'false', ...(process.env.CI && { NX_DAEMON: 'false' }) };
const node = (...args) =>
  spawnSync(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;

const isClean = () => {
  const { status, stdout } = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  if (stdout) console.log(`The working tree is not as committed:\n${stdout}`);
  return status === 0 && stdout === '';
};

const QUICK = [
  ['generated code', () => node(binaryOf('nx'), 'run', '@thuban/proto:generate', '--outputStyle=static')],
  ['event schemas', () => node('tools/events/generate.mjs', '--check')],
  ['tags', () => node('tools/check/tags.mjs')],
  ['references', () => node('tools/check/references.mjs')],
  ['format', () => node(binaryOf('prettier'), '--check', '--log-level=warn', '.')],
  ['types', () => node(binaryOf('typescript', 'tsc'), '--build')],
  ['lint', () => node(binaryOf('eslint'), '.', '--cache', '--cache-location', '.nx/eslint', '--max-warnings=0')],
];
const TESTS = process.argv.includes('--no-tests') ? [] : [['tests', () => node('tools/test/test.mjs')]];
const CLEAN = process.env.CI || process.argv.includes('--dirty') ? [['clean tree', isClean]] : [];

const failed = [];
const run = (steps) => {
  for (const [name, step] of steps) {
    const startedMs = performance.now();
    const good = step();
    if (!good) failed.push(name);
    console.log(`${good ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
  }
};

run(QUICK);
if (failed.length === 0) run(TESTS);
run(CLEAN);
console.log(failed.length === 0 ? 'check: all good' : `check: failed in ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
