import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { transformSync } from '@swc/core';
import type { LoadResult } from './load.js';

const ROOT = resolve(__dirname, '../../../../..');
const LIBS = {
  events: 'libs/events',
  'event-sourcing': 'libs/event-sourcing',
  'event-log-cluster': 'libs/event-log/cluster',
};

const sourcesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(directory, name));

/** Compiles the sources that the writer needs, once. @returns the program's path. */
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
  return join(outDirectory, 'node_modules/@thuban/event-log-cluster/crash/writer.js');
};

/** A writer in a process of its own. */
export interface RunningWriter {
  signal(signal: NodeJS.Signals): void;
  /** Lets it finish and answers what it did. */
  stop(): Promise<LoadResult>;
}

/** Starts the writer; resolves when it writes. @throws Error with what it complained of. */
export const runWriter = async (program: string, args: readonly (string | number)[]): Promise<RunningWriter> => {
  const child = spawn(process.execPath, [program, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_PATH: join(ROOT, 'node_modules') },
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the writer ended: ${complaint}`);
    return value;
  };
  await line();
  return {
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      child.stdin.end();
      return JSON.parse(await line()) as LoadResult;
    },
  };
};
