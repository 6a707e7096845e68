// The processes of the demo and how it asks whether they are ready.
import { execFile, spawn } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../workspace.mjs';

const POLL_MS = 2;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is neither undefined nor false, and answers it with the milliseconds that took. */
export const until = async (what, ask, limitMs = 20_000) => {
  const startedMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return { answer, ms: performance.now() - startedMs };
    if (performance.now() - startedMs > limitMs) throw new Error(`${what}: not after ${limitMs / 1000} s`);
    await pause(POLL_MS);
  }
};

const isFree = (port) =>
  new Promise((resolve) => {
    const server = createTcpServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** The first offset at which all these ports are free, so that the demo runs beside whatever runs already. */
export const freeOffset = async (ports) => {
  for (let offset = 20_000; offset < 40_000; offset += 100) {
    const free = await Promise.all(ports.map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error('no free ports found for the demo');
};

/** Starts a program with its output in a file. `stop` ends it, by force when it does not listen. */
export const start = (command, args, logFile) => {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], cwd: root });
  const ended = new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  return {
    logFile,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined,
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 6000);
      await ended;
      clearTimeout(force);
    },
  };
};

/** Runs a script of the workspace and answers its output; stderr goes where ours goes. */
export const script = async (path, ...args) => {
  const running = promisify(execFile)(process.execPath, [join(root, path), ...args]);
  running.child.stderr.pipe(process.stderr);
  return (await running).stdout;
};

/** An HTTP provider that answers with its name and knows how many requests it has had, and when the last one came. */
export const provider = async (name) => {
  const seen = { requests: 0, lastMs: 0 };
  const server = createHttpServer((_request, response) => {
    seen.requests += 1;
    seen.lastMs = performance.now();
    response.end(name);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name,
    port: server.address().port,
    address: `127.0.0.1:${server.address().port}`,
    seen,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};
