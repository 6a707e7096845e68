// A stack that goes on without us: up, down, status, wipe, logs. What runs is written down in DATA-DIR/stack.json.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { PARTS } from './parts.mjs';
import { assertPorts, shiftedPorts } from './ports.mjs';
import { endProcess, isAlive, logFileOf, spawnPart, untilReady } from './server.mjs';

const stateFile = (dataDir) => join(dataDir, 'stack.json');

const readState = (dataDir) =>
  existsSync(stateFile(dataDir))
    ? JSON.parse(readFileSync(stateFile(dataDir), 'utf8'))
    : { offset: undefined, running: {} };

const writeState = (dataDir, state) => writeFileSync(stateFile(dataDir), `${JSON.stringify(state, null, 2)}\n`);

// When a process began: its id alone may be another's by now.
const birthOf = (pid) => {
  if (existsSync('/proc/self/stat')) return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ')[19];
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
};

const runs = (entry) => {
  try {
    return entry !== undefined && isAlive(entry.pid) && birthOf(entry.pid) === entry.birth;
  } catch {
    return false; // it went between the questions
  }
};

const contextOf = async (part, { dataDir, offset }) => ({
  software: await part.obtain(),
  folder: join(resolve(dataDir), part.name),
  ports: shiftedPorts(PARTS, offset),
  dataDir: resolve(dataDir),
});

const watchPid = async (pid) => {
  while (isAlive(pid)) await new Promise((again) => setTimeout(again, 200));
  return 'it ended';
};

const startPart = async (part, options, state) => {
  const startedMs = performance.now();
  const context = await contextOf(part, options);
  await part.prepare(context);
  const { pid, ended } = spawnPart(part, context, { attached: false });
  if (pid === undefined) throw new Error(`${part.title}: ${await ended}`);
  state.running[part.name] = { pid, birth: birthOf(pid) };
  writeState(options.dataDir, state);
  await untilReady(part, context, ended);
  console.log(
    `${part.title} is ready (${((performance.now() - startedMs) / 1000).toFixed(1)} s): ${addressOf(part, context)}`,
  );
};

const texts = (value) => (typeof value === 'object' ? Object.values(value).flatMap(texts) : [value]);

const addressOf = (part, context) => texts(part.facts(context)).join(', ');

const ownOffset = ({ parts, dataDir, offset }, state) => {
  const running = parts.filter((part) => runs(state.running[part.name]));
  if (running.length > 0 && state.offset !== offset)
    throw new Error(
      `In ${dataDir} runs a stack with --port-offset ${state.offset}; stop it first, or name another --data-dir.`,
    );
};

/** Starts what does not run, each part when those it needs are ready. A part that fails leaves the others as they are. */
export const up = async (options) => {
  assertPorts(options.parts, options.offset);
  mkdirSync(options.dataDir, { recursive: true });
  const state = readState(options.dataDir);
  ownOffset(options, state);
  state.offset = options.offset;
  for (const part of options.parts) await part.obtain(); // one after the other: they install
  const started = {};
  for (const part of options.parts)
    started[part.name] = (async () => {
      await Promise.all(part.needs.map((name) => started[name]));
      const entry = state.running[part.name];
      if (!runs(entry)) return startPart(part, options, state);
      const context = await contextOf(part, options);
      await untilReady(part, context, watchPid(entry.pid));
      console.log(`${part.title} runs already: ${addressOf(part, context)}`);
    })();
  const results = await Promise.allSettled(Object.values(started));
  const failures = new Set(results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message));
  if (failures.size > 0) throw new Error([...failures].join('\n'));
};

/** Stops what runs, the last that was started first. */
export const down = async ({ parts, dataDir }) => {
  const state = readState(dataDir);
  for (const part of [...parts].reverse()) {
    const entry = state.running[part.name];
    if (!entry) continue;
    if (runs(entry)) {
      await endProcess(entry.pid);
      console.log(`${part.title} is stopped.`);
    }
    delete state.running[part.name];
    writeState(dataDir, state);
  }
};

/** Prints a line for each part; the exit code is 1 when one does not answer. */
export const status = async ({ parts, dataDir }) => {
  const state = readState(dataDir);
  const ports = shiftedPorts(PARTS, state.offset ?? 0);
  for (const part of parts) {
    const entry = state.running[part.name];
    const answer = runs(entry)
      ? await part.ask({ ports }).then(
          () => 'ready',
          (error) => `does not answer: ${error.message}`,
        )
      : 'does not run';
    if (answer !== 'ready') process.exitCode = 1;
    console.log(
      `${part.name.padEnd(14)} ${answer}${answer === 'ready' ? `, pid ${entry.pid}, ${addressOf(part, { ports })}` : ''}`,
    );
  }
};

/** Stops these parts and deletes their data. */
export const wipe = async (options) => {
  await down(options);
  for (const part of options.parts) {
    rmSync(join(options.dataDir, part.name), { recursive: true, force: true });
    rmSync(logFileOf(options.dataDir, part), { force: true });
  }
  if (existsSync(options.dataDir) && options.parts.length === PARTS.length) {
    rmSync(stateFile(options.dataDir), { force: true });
    if (readdirSync(options.dataDir).length === 0) rmdirSync(options.dataDir); // never what is not ours
  }
};

const LINES = 40;

/** Prints the last lines that each part wrote. */
export const logs = async ({ parts, dataDir }) => {
  for (const part of parts) {
    const file = logFileOf(dataDir, part);
    console.log(`== ${part.title}: ${file}`);
    if (existsSync(file)) console.log(readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LINES).join('\n'));
  }
};
