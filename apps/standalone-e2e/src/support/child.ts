import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { atEnd } from './at-end.js';

/** The root of the workspace. */
export const ROOT = resolve(__dirname, '../../../..');

/** How a process ended, and how long after it was told to. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tookMs: number;
}

/** A process under test. */
export interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** What it printed so far, both streams in order of arrival. */
  output(): string;
  /** Sends the signal (SIGTERM if not given) and waits for the end. Harmless when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  /** Waits for the end of its own accord. */
  ended(): Promise<Ended>;
}

/** Starts a program in the root of the workspace, without the settings of whoever runs the tests. */
export const startChild = (command: string, args: readonly string[]): Child => {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(THUBAN|NODE_OPTIONS|JEST|NX_)/.test(name));
  const child = spawn(command, args, { cwd: ROOT, env: Object.fromEntries(inherited) });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => void (printed += String(chunk)));
  child.stdin.on('error', () => undefined); // it may be gone before it has read everything
  const closed = once(child, 'close').finally(atEnd(() => child.kill('SIGKILL')));
  const ended = async (): Promise<Ended> => {
    const startedMs = performance.now();
    await closed;
    return { code: child.exitCode, signal: child.signalCode, tookMs: performance.now() - startedMs };
  };
  return {
    process: child,
    output: () => printed,
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended();
    },
  };
};

/** Runs a program to its end and gives what it printed. */
export const runChild = async (
  command: string,
  args: readonly string[],
): Promise<Ended & { readonly output: string }> => {
  const child = startChild(command, args);
  child.process.stdin.end();
  return { ...(await child.ended()), output: child.output() };
};
