// Starts one part as a process, asks it until it is ready, and ends it.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './run.mjs';

const ASK_AGAIN_MS = 50;
const READY_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 30_000;

/** Resolves after so many milliseconds. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where the output of a part goes. */
export const logFileOf = (dataDir, part) => join(dataDir, `${part.name}.log`);

const lastLines = (file) =>
  existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n') : '(it wrote nothing)';

// What a test run tells its specs is no setting of the product, which refuses a THUBAN_ variable that it does not know.
const { THUBAN_TEST_STACK: _stack, THUBAN_E2E_TOOLS: _tools, THUBAN_E2E_MODE: _mode, ...INHERITED } = process.env;

/**
 * Spawns a part's program with its output in its log file. One that is `attached` dies with us even when we are killed
 * (Linux only, with setpriv there); the others go on without us.
 */
export const spawnPart = (part, context, { attached }) => {
  const { command, args, env } = part.command(context);
  const guard = attached && process.platform === 'linux' ? onPath('setpriv') : undefined;
  const [program, ...rest] = guard ? [guard, '--pdeathsig', 'KILL', command, ...args] : [command, ...args];
  mkdirSync(context.folder, { recursive: true });
  const log = openSync(logFileOf(context.dataDir, part), 'a');
  const options = {
    cwd: context.folder,
    env: { ...INHERITED, ...env },
    stdio: ['ignore', log, log],
    detached: !attached,
  };
  const child = spawn(program, rest, options);
  closeSync(log);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
  if (!attached) child.unref();
  return { pid: child.pid, ended };
};

/**
 * Asks a part until it answers.
 * @param ended resolves with a sentence when its process is gone.
 * @throws an Error with the end of its log when it ends first or takes too long.
 */
export const untilReady = async (part, context, ended) => {
  const deadline = performance.now() + READY_LIMIT_MS;
  let gone;
  ended.then((sentence) => (gone = sentence));
  for (;;) {
    const problem = await part.ask(context).then(
      () => undefined,
      (error) => error.message,
    );
    if (problem === undefined && gone === undefined) return;
    if (gone !== undefined || performance.now() > deadline) {
      const why = gone ?? `it did not answer in ${READY_LIMIT_MS / 1000} s (${problem})`;
      throw new Error(`${part.title}: ${why}. Its log ends:\n${lastLines(logFileOf(context.dataDir, part))}`);
    }
    await pause(ASK_AGAIN_MS);
  }
};

/** Whether a process of this id exists and is no zombie. */
export const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'latin1'));
};

const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};

/** Ends a process: politely, and by force when it does not go in time. Resolves when it is gone. */
export const endProcess = async (pid, first = 'SIGTERM') => {
  const deadline = performance.now() + STOP_LIMIT_MS;
  signal(pid, first);
  while (isAlive(pid)) {
    if (performance.now() > deadline) signal(pid, 'SIGKILL');
    await pause(20);
  }
};
