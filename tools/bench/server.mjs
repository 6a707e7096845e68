// Starts the built product for a measurement and reads what Linux knows about its process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../apps/standalone/dist/main.js');
const TICKS_PER_SECOND = 100;

/** Starts the product on `dataDir`; resolves once it is ready, with the milliseconds that took. */
export const startServer = async (dataDir, portOffset) => {
  if (!existsSync(MAIN)) throw new Error('the product is not built: run `npm run build` first');
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN, '--data-dir', dataDir, '--port-offset', String(portOffset)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  const http = `http://127.0.0.1:${8090 + portOffset}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the product exited with ${child.exitCode} before it was ready`);
    const ready = await fetch(`${http}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) break;
    if (performance.now() - started > 60_000) throw new Error('the product was not ready after 60 s');
    await new Promise((wait) => setTimeout(wait, 10));
  }
  return {
    pid: child.pid,
    http,
    sdk: `127.0.0.1:${8091 + portOffset}`,
    xds: `127.0.0.1:${15010 + portOffset}`,
    bootMs: performance.now() - started,
    stop: async (signal = 'SIGTERM') => {
      const before = performance.now();
      child.kill(signal);
      await exited;
      return performance.now() - before;
    },
  };
};

/** CPU time (user and system) that a process has used so far, in milliseconds. */
export const cpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
};

/** Resident memory of a process in MiB. */
export const rssMiB = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
