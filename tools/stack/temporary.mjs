// A stack for tests: free ports, a temporary directory, and nothing left of it when whoever started it is gone.
//
// It prints one line of JSON when everything is ready, then obeys one JSON command a line on stdin and answers each with a line:
//   {"id":1,"do":"stop"|"kill"|"start"|"wipe","part":"kafka"} -> {"id":1,"pid":…} or {"id":1,"error":"…"}
// `stop` ends the part cleanly, `kill` with SIGKILL, `start` starts it on the same port and data and answers when it is ready,
// `wipe` deletes the data of a part that does not run. It ends when stdin closes, on SIGTERM and on SIGINT.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePorts } from './ports.mjs';
import { endProcess, spawnPart, untilReady } from './server.mjs';

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const openStack = async (parts, dataDir) => {
  const ports = await freePorts(parts);
  const running = new Map();
  const contextOf = async (part) => ({
    software: await part.obtain(),
    folder: join(dataDir, part.name),
    ports,
    dataDir,
  });

  const start = async (part) => {
    if (running.has(part.name)) throw new Error(`${part.title} runs already.`);
    const context = await contextOf(part);
    await part.prepare(context);
    const child = spawnPart(part, context, { attached: true });
    running.set(part.name, child);
    child.ended.then(() => running.get(part.name) === child && running.delete(part.name));
    await untilReady(part, context, child.ended);
    return child.pid;
  };
  const end = async (part, signal) => {
    const child = running.get(part.name);
    if (!child) return;
    await endProcess(child.pid, signal);
    await child.ended;
  };
  const wipe = (part) => {
    if (running.has(part.name)) throw new Error(`${part.title} runs: stop it before its data is deleted.`);
    rmSync(join(dataDir, part.name), { recursive: true, force: true });
  };
  return { ports, start, end, wipe, pidOf: (part) => running.get(part.name)?.pid };
};

const startAll = async (stack, parts) => {
  const started = {};
  for (const part of parts)
    started[part.name] = (async () => {
      await Promise.all(part.needs.map((name) => started[name]));
      return stack.start(part);
    })();
  const results = await Promise.allSettled(Object.values(started)); // all, so that nothing starts after we gave up
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
};

const factsOf = (parts, ports, dataDir, pidOf) => ({
  ...Object.assign({}, ...parts.map((part) => part.facts({ ports, dataDir }))),
  pids: Object.fromEntries(parts.map((part) => [part.name, pidOf(part)])),
  dataDir,
});

const ORDERS = {
  stop: (stack, part) => stack.end(part, 'SIGTERM'),
  kill: (stack, part) => stack.end(part, 'SIGKILL'),
  start: (stack, part) => stack.start(part),
  wipe: (stack, part) => stack.wipe(part),
};

const obey = async (stack, parts, line) => {
  const { id, do: order, part: name } = JSON.parse(line);
  try {
    const part = parts.find((candidate) => candidate.name === name);
    if (!part || !ORDERS[order]) throw new Error(`unknown order: ${line}`);
    await ORDERS[order](stack, part);
    say({ id, pid: stack.pidOf(part) });
  } catch (error) {
    say({ id, error: error.message });
  }
};

const untilToldToEnd = (onLine) =>
  new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
    createInterface({ input: process.stdin }).on('line', onLine).once('close', resolve);
  });

/** Runs these parts until it is told to end. */
export const runTemporary = async (parts) => {
  for (const part of parts) await part.obtain(); // installs first: what cannot be had here should start nothing
  const dataDir = mkdtempSync(join(tmpdir(), 'thuban-stack-'));
  const stack = await openStack(parts, dataDir);
  const endAll = async () => {
    // The data is deleted anyway, so there is nothing to shut down in order.
    await Promise.all(parts.map((part) => stack.end(part, 'SIGKILL')));
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    let ready = false;
    const over = untilToldToEnd((line) => ready && void obey(stack, parts, line));
    const started = startAll(stack, parts);
    ready = await Promise.race([started.then(() => true), over.then(() => false)]);
    await started; // also when the end came first: what is half started could not be ended
    if (ready) say(factsOf(parts, stack.ports, dataDir, stack.pidOf));
    await over;
  } finally {
    await endAll();
  }
};
