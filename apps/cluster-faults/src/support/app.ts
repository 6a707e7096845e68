import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { eventually } from './eventually.js';

const ROOT = resolve(__dirname, '../../../..');
const READY_WITHIN_MS = 90_000;

const LISTENERS = {
  registry: ['http', 'sdk'],
  'rule-config': ['http'],
  'xds-push': ['http', 'xds'],
  'health-check': ['http'],
} as const;

/** A program of the cluster. */
export type AppName = keyof typeof LISTENERS;

/** One process of the cluster, which is killed and started again on the same ports. */
export interface App {
  readonly name: AppName;
  readonly ports: Readonly<Record<string, number>>;
  /** What it has printed since its first start. */
  output(): string;
  /** Starts it; resolves when it is ready. */
  start(): Promise<void>;
  /** Sends a signal to the running process. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** @throws Error when it is not ready. */
  ready(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => server.close(() => done()));
  return port;
};

/** Prepares a process and starts nothing. `env` is added to the environment, in which no setting of the test run is left. */
export const createApp = async (
  name: AppName,
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<App> => {
  const ports: Record<string, number> = {};
  for (const kind of LISTENERS[name]) ports[kind] = await freePort();
  const own = Object.entries(ports).flatMap(([kind, port]) => [`--${kind}-port`, String(port)]);
  const inherited = Object.entries(process.env).filter(([key]) => !/^(THUBAN|NODE_OPTIONS|JEST|NX_)/.test(key));
  let child: ChildProcess | undefined;
  let printed = '';
  const ready = async (): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${ports['http']}/readyz`, { signal: AbortSignal.timeout(1000) });
    if (!response.ok) throw new Error(`${name} is not ready: ${await response.text()}`);
  };
  return {
    name,
    ports,
    ready,
    output: () => printed,
    start: async () => {
      const args = [`apps/${name}/dist/main.js`, ...own, ...flags];
      const started = spawn(process.execPath, args, {
        cwd: ROOT,
        env: { ...Object.fromEntries(inherited), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (chunk) => void (printed += String(chunk)));
      await eventually(async () => {
        if (started.exitCode === null) await ready();
      }, READY_WITHIN_MS).catch((error: unknown) => {
        throw new Error(`${name}: ${String(error)}\n${printed.slice(-4000)}`);
      });
      if (started.exitCode !== null) throw new Error(`${name} ended at once:\n${printed.slice(-4000)}`);
    },
    signal: (signal) => void child?.kill(signal),
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
};
