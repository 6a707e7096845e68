import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = resolve(__dirname, '../../../../..');
const LIBS = {
  events: 'libs/events',
  'event-sourcing': 'libs/event-sourcing',
  'event-log-embedded': 'libs/event-log/embedded',
};

const sourcesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(directory, name));

/** Compiles the sources that the writer needs, once, so that it starts in a tenth of a second. @returns the program's path. */
export const compileWriter = (outDirectory: string): string => {
  for (const [name, lib] of Object.entries(LIBS)) {
    const source = join(ROOT, lib, 'src');
    const out = join(outDirectory, 'node_modules', '@thuban', name);
    for (const file of sourcesIn(source)) {
      const { code } = transformSync(readFileSync(file, 'utf8'), {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        swcrc: false,
      });
      const to = join(out, relative(source, file).replace(/\.ts$/, '.js'));
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, code);
    }
  }
  return join(outDirectory, 'node_modules/@thuban/event-log-embedded/crash/writer.js');
};

/** What the writer has said, and ways to wait for more and to end it. */
export interface RunningWriter {
  readonly sent: ReadonlySet<string>;
  readonly ok: ReadonlySet<string>;
  readonly no: ReadonlySet<string>;
  /** Resolves when `condition` holds after some line; rejects when the writer ends before. */
  until(condition: () => boolean): Promise<void>;
  /** SIGKILL to the writer and whatever traces it; resolves when they are gone and all they said is read. */
  kill(): Promise<void>;
}

/** Starts the writer, behind `prefix` (for instance strace) if there is one. */
export const runWriter = (program: string, args: readonly string[], prefix: readonly string[] = []): RunningWriter => {
  const said = { sent: new Set<string>(), ok: new Set<string>(), no: new Set<string>() };
  const [command = '', ...rest] = [...prefix, process.execPath, program, ...args];
  const child = spawn(command, rest, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
  });
  let waiting: { readonly condition: () => boolean; readonly settle: (error?: Error) => void } | undefined;
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (output + chunk.toString()).split('\n');
    output = lines.pop() ?? '';
    for (const line of lines) {
      const [word = '', id = ''] = line.split(' ');
      if (word === 'sent' || word === 'ok' || word === 'no') said[word].add(id);
      else if (word === 'died') errors += line;
    }
    if (waiting?.condition()) waiting.settle();
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  void closed.then(() => waiting?.settle(new Error(`the writer ended: ${errors}`)));
  return {
    ...said,
    until: (condition) =>
      new Promise<void>((resolve, reject) => {
        if (condition()) return resolve();
        waiting = { condition, settle: (error) => (error ? reject(error) : resolve()) };
      }),
    kill: async () => {
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
        process.kill(-child.pid, 'SIGKILL');
      await closed;
    },
  };
};
