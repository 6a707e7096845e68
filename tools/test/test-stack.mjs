// The servers that all specs of one test run share: started once, found by the specs through THUBAN_TEST_STACK.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { missingOf, PARTS } from '../stack/parts.mjs';

const SHARED = ['mysql', 'kafka'];

const start = (parts) => {
  const program = join(root, 'tools/stack/stack.mjs');
  const child = spawn(process.execPath, [program, 'run', parts.join(','), '--json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const facts = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    ended.then(() => reject(new Error('The servers for the tests did not start.')));
  });
  return { facts, stop: () => (child.stdin.end(), ended) };
};

/**
 * Begins to start the servers. Where one cannot be had here, the specs are told why; in CI that is an error.
 * @returns `ready`, which resolves with the value for THUBAN_TEST_STACK, and `stop`.
 */
export const startTestStack = () => {
  const parts = PARTS.filter(({ name }) => SHARED.includes(name));
  const missing = missingOf(parts);
  const reasons = Object.values(missing);
  if (process.env.CI && reasons.length > 0) throw new Error(reasons.join('\n'));
  const names = parts.map(({ name }) => name).filter((name) => !(name in missing));
  const stack = names.length > 0 ? start(names) : { facts: Promise.resolve({ pids: {} }), stop: async () => {} };
  const ready = stack.facts.then((facts) => JSON.stringify({ ...facts, missing }));
  ready.catch(() => {}); // seen by whoever waits for it
  return { ready, stop: stack.stop };
};
