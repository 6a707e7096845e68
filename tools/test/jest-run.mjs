// One run of jest over many projects, with its counts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryOf, root } from '../workspace.mjs';

const jest = binaryOf('jest');

const runJest = (args, env) =>
  new Promise((resolve, reject) => {
    // What jest prints goes to stderr, so that our own stdout stays short.
    const child = spawn(process.execPath, [jest, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 2, 2],
    });
    child.on('error', reject);
    child.on('close', resolve);
  });

const LEFT_OUT = /\(left out: (.*)\)$/;

const leftOutOf = (results) => {
  const titles = results.testResults.flatMap(({ assertionResults }) =>
    assertionResults.map((test) => test.ancestorTitles[0] ?? ''),
  );
  return [...new Set(titles.filter((title) => LEFT_OUT.test(title)))];
};

/**
 * Runs jest with these arguments, and `env` beside the environment of this process. A spec file that could not run at all counts as one failed test.
 * @returns counts, the titles of suites that were left out, and whether jest itself was content.
 */
export const jestRun = async (args, env = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'thuban-jest-'));
  try {
    const outputFile = join(folder, 'results.json');
    const code = await runJest([...args, '--json', `--outputFile=${outputFile}`, '--testLocationInResults'], env);
    const results = JSON.parse(readFileSync(outputFile, 'utf8'));
    return {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      leftOut: leftOutOf(results),
      ok: code === 0,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, leftOut: [], ok: false }; // jest ended before it could say anything
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
