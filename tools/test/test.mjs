// `npm test`: builds what changed, then runs every spec: unit and integration in one run of jest, then end to end.
//   --unit   only the specs that need no built program and no other software (`*.spec.ts` without int and e2e)
//   --e2e    only the end-to-end suites: against the standalone process, then against the cluster
//   --mode M the end-to-end suites in one of these modes only, embedded or cluster
// Anything else is passed to jest. The last line is `N passed, N failed, N skipped` over everything that ran.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { binaryOf, projects, root } from '../workspace.mjs';
import { missingOf, partsNamed } from '../stack/parts.mjs';
import { jestRun } from './jest-run.mjs';
import { startTestStack } from './test-stack.mjs';

const MODES = ['embedded', 'cluster'];

const given = process.argv.slice(2);
const modeAt = given.indexOf('--mode');
const [, mode] = modeAt < 0 ? [] : given.splice(modeAt, 2);
if (modeAt >= 0 && !MODES.includes(mode)) {
  console.error(`--mode is ${MODES.join(' or ')}.`);
  process.exit(2);
}
const only = given.filter((argument) => argument === '--unit' || argument === '--e2e');
const forJest = given.filter((argument) => !only.includes(argument));

const seconds = (sinceMs) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

const nx = (...args) => {
  const env = { ...process.env, NX_TUI: 'false', ...(process.env.CI && { NX_DAEMON: 'false' }) };
  return (
    spawnSync(process.execPath, [binaryOf('nx'), ...args, '--outputStyle=static'], {
      cwd: root,
      env,
      stdio: ['ignore', 2, 2],
    }).status === 0
  );
};

const directories = (accept) =>
  projects()
    .map(({ directory }) => directory)
    .filter(accept);
const isE2e = (directory) => directory.endsWith('-e2e');
const workers = `--maxWorkers=${Math.max(2, cpus().length - 1)}`;

const unitArgs = () => [
  '--projects',
  ...directories((directory) => !isE2e(directory)),
  workers,
  '--passWithNoTests',
  ...(only.includes('--unit') ? ['--testPathIgnorePatterns', '\\.int\\.spec\\.ts$'] : []),
];
const e2eArgs = (...more) => ['--projects', ...directories(isE2e), '--passWithNoTests', ...more];
const withoutE2e = only.includes('--unit') && !only.includes('--e2e');
const e2eStage = (stageMode, ...args) => ({
  name: `end to end, ${stageMode}`,
  skipped: withoutE2e || (mode !== undefined && mode !== stageMode),
  args: () => e2eArgs(...args),
  env: { THUBAN_E2E_MODE: stageMode },
  without: notIn(stageMode),
});

/** The suites that say in their name that they are about the other mode, for whoever looks for them in vain. */
const notIn = (stageMode) =>
  directories(isE2e)
    .flatMap((directory) => readdirSync(join(root, directory, 'src')))
    .filter((file) => MODES.some((other) => other !== stageMode && file.includes(`.${other}.e2e.spec.`)));

/** What the end-to-end suites need for a cluster; its processes are built by then. */
const CLUSTER = ['mysql', 'kafka', 'front'];

const STAGES = [
  {
    name: only.includes('--unit') ? 'generate' : 'build',
    run: () => (only.includes('--unit') ? nx('run', '@thuban/proto:generate') : nx('run-many', '-t', 'build')),
  },
  { name: 'unit and integration', skipped: only.includes('--e2e') && !only.includes('--unit'), args: unitArgs },
  e2eStage('embedded', '--runInBand'), // they measure
  { ...e2eStage('cluster', '--maxWorkers=2'), needs: CLUSTER }, // they wait much
];

const total = { passed: 0, failed: 0, skipped: 0, leftOut: [], ok: true };
const times = [];

const add = (counts) => {
  for (const key of ['passed', 'failed', 'skipped']) total[key] += counts[key];
  total.leftOut.push(...counts.leftOut);
  total.ok &&= counts.ok;
};

const failed = (sentence) => {
  console.error(sentence);
  add({ passed: 0, failed: 1, skipped: 0, leftOut: [], ok: false });
};

/** A stage that cannot be run on this machine is left out by name; in CI that is a failure. */
const cannotRun = (name, needs) => {
  const reasons = Object.values(missingOf(partsNamed(needs.join(','))));
  if (reasons.length === 0) return false;
  if (process.env.CI) failed(`${name}: ${reasons.join(' ')}`);
  else total.leftOut.push(`${name} (left out: ${reasons.join(' ')})`);
  return true;
};

const runStages = async (stack) => {
  for (const { name, run, args, env, skipped, without = [], needs = [] } of STAGES) {
    if (skipped || cannotRun(name, needs)) continue;
    const startedMs = performance.now();
    if (args) {
      if (stack) process.env.THUBAN_TEST_STACK = await stack.ready;
      add(await jestRun([...args(), ...forJest], env));
    } else if (!run()) return failed(`The ${name} step failed: no test was run.`);
    times.push(`${name} ${seconds(startedMs)}`);
    if (without.length > 0) console.log(`Not part of ${name}: ${without.join(', ')}.`);
  }
};

const needsStack = !only.includes('--unit') || only.includes('--e2e');
let stack;
try {
  stack = needsStack ? startTestStack() : undefined; // it starts while the build runs
  await runStages(stack);
} catch (error) {
  failed(error.message);
} finally {
  await stack?.stop();
}

console.log(`Took: ${times.join(', ')}.`);
for (const title of total.leftOut)
  console.log(`Left out: ${title.replace(' (left out: ', ' because ').replace(/\)$/, '')}`);
if (total.passed + total.failed === 0) console.log('No test was run.');
process.exitCode = total.ok && total.failed === 0 && total.passed > 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
