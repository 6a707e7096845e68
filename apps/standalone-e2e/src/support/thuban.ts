import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, type Child, type Ended } from './child.js';
import { eventually } from './eventually.js';
import { freePortOffset } from './free-ports.js';

/** The entry of the product, relative to the root. */
export const MAIN = 'apps/standalone/dist/main.js';
const READY_WITHIN_MS = 20_000;

/** A running Thuban, and the means to stop and start it again on the same data and ports. */
export interface Thuban {
  readonly http: string;
  readonly sdk: string;
  readonly xds: string;
  readonly dataDirectory: string;
  readonly portOffset: number;
  readonly child: () => Child;
  /** Stops it and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  /** Starts it again; resolves when it is ready, with the milliseconds that took. */
  start(): Promise<number>;
  /** Stops it for good and deletes its data. */
  dispose(): Promise<void>;
}

/** A new folder for one test. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'thuban-e2e-'));

/** The flags of a Thuban that shares nothing with any other. */
export const flagsOf = (portOffset: number, dataDirectory: string): readonly string[] => [
  '--port-offset',
  String(portOffset),
  '--data-dir',
  dataDirectory,
];

const assertReady = async (http: string, child: Child): Promise<void> => {
  if (child.process.exitCode !== null) return;
  const response = await fetch(`${http}/readyz`);
  if (!response.ok) throw new Error(`not ready: ${await response.text()}`);
};

/** Starts the built product as a process of its own, as a user would, and waits until it says that it is ready. */
export const startThuban = async (
  dataDirectory = temporaryFolder(),
  moreFlags: readonly string[] = [],
): Promise<Thuban> => {
  const portOffset = await freePortOffset();
  const http = `http://127.0.0.1:${8090 + portOffset}`;
  let child: Child | undefined;
  const running = (): Child => {
    if (!child) throw new Error('Thuban was not started');
    return child;
  };
  const start = async (): Promise<number> => {
    const startedMs = performance.now();
    const started = startChild(process.execPath, [MAIN, ...flagsOf(portOffset, dataDirectory), ...moreFlags]);
    child = started;
    await eventually(() => assertReady(http, started), READY_WITHIN_MS).catch((cause: unknown) => {
      throw new Error(`Thuban is not ready: ${String(cause)}\n${started.output()}`);
    });
    if (started.process.exitCode !== null) throw new Error(`Thuban ended at once:\n${started.output()}`);
    return performance.now() - startedMs;
  };
  await start();
  return {
    http,
    sdk: `127.0.0.1:${8091 + portOffset}`,
    xds: `127.0.0.1:${15010 + portOffset}`,
    dataDirectory,
    portOffset,
    child: running,
    start,
    stop: (signal) => running().stop(signal),
    dispose: async () => {
      await child?.stop('SIGKILL');
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
};
