// Runs other programs for the tools.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A component that cannot be had here; the message says why in one sentence. */
export class Unavailable extends Error {}

/**
 * Runs a program to its end and gives what it printed on stdout. With `show` its progress goes to our stderr as it comes.
 * @throws an Error with the tail of its output when it exits with anything but 0.
 */
export const run = (command, args, { cwd, env, show = false } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let complaint = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      if (show) process.stderr.write(chunk);
    });
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
      if (show) process.stderr.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(printed)
        : reject(new Error(`${command} ${args[0] ?? ''} ended with ${code}: ${(complaint || printed).slice(-2000)}`)),
    );
  });

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The first program of this name on PATH or in one of these further folders, or undefined. */
export const onPath = (name, alsoIn = []) =>
  [...(process.env.PATH ?? '').split(delimiter), ...alsoIn].map((folder) => join(folder, name)).find(isExecutable);
