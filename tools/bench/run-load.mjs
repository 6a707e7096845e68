// Runs the load generator as a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Runs a scenario of load.mjs. `whenReady` is called at its READY line and its result is merged into the figures. */
export const load = async (scenario, options, whenReady) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.mjs'), scenario, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let result;
  let measured = {};
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'READY') {
      measured = (await whenReady?.()) ?? {};
      child.stdin.write('go\n');
    } else result = JSON.parse(line);
  }
  const [code, signal] = await exited;
  if (code !== 0 || !result) throw new Error(`the load "${scenario}" failed (exit ${code ?? signal})`);
  return { ...result, ...measured };
};
