import type { Child } from './child.js';
import { eventually } from './eventually.js';

const READY_WITHIN_MS = 60_000;

const assertReady = async (http: string, child: Child): Promise<void> => {
  if (child.process.exitCode !== null) return;
  const response = await fetch(`${http}/readyz`);
  if (!response.ok) throw new Error(`not ready: ${await response.text()}`);
};

/**
 * Waits until a process says that it is ready.
 * @throws Error with what it printed when it ends or takes too long.
 */
export const untilReady = async (name: string, http: string, child: Child): Promise<void> => {
  await eventually(() => assertReady(http, child), READY_WITHIN_MS).catch((cause: unknown) => {
    throw new Error(`${name} is not ready: ${String(cause)}\n${child.output()}`);
  });
  if (child.process.exitCode !== null) throw new Error(`${name} ended at once:\n${child.output()}`);
};
