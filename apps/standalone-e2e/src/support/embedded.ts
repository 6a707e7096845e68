import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from './child.js';
import { freePortOffset } from './free-ports.js';
import { untilReady } from './ready.js';
import { temporaryFolder } from './temporary-folder.js';
import type { Thuban } from './thuban.js';

/** The entry of the product, relative to the root. */
export const MAIN = 'apps/standalone/dist/main.js';

/** Thuban as one process. */
export interface Embedded extends Thuban {
  readonly dataDirectory: string;
  readonly portOffset: number;
}

/** The flags of a Thuban that shares nothing with any other. */
export const flagsOf = (portOffset: number, dataDirectory: string): readonly string[] => [
  '--port-offset',
  String(portOffset),
  '--data-dir',
  dataDirectory,
];

/** Starts the standalone process. */
export const startEmbedded = async ({
  dataDirectory = temporaryFolder(),
  flags = [],
}: { readonly dataDirectory?: string; readonly flags?: readonly string[] } = {}): Promise<Embedded> => {
  const portOffset = await freePortOffset();
  const http = `http://127.0.0.1:${8090 + portOffset}`;
  let child: Child | undefined;
  const running = (): Child => {
    if (!child) throw new Error('Thuban was not started');
    return child;
  };
  const start = async (): Promise<number> => {
    const startedMs = performance.now();
    child = startChild(process.execPath, [MAIN, ...flagsOf(portOffset, dataDirectory), ...flags]);
    await untilReady('Thuban', http, child);
    return performance.now() - startedMs;
  };
  await start();
  return {
    http,
    sdk: `127.0.0.1:${8091 + portOffset}`,
    xds: `127.0.0.1:${15010 + portOffset}`,
    xdsStatus: http,
    dataDirectory,
    portOffset,
    output: () => running().output(),
    start,
    stop: async (signal) => [await running().stop(signal)],
    dropReadModels: () => {
      const names = readdirSync(dataDirectory).filter((name) => name.startsWith('read.db'));
      for (const name of names) rmSync(join(dataDirectory, name));
      return Promise.resolve(names);
    },
    dispose: async () => {
      await child?.stop('SIGKILL');
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
};
