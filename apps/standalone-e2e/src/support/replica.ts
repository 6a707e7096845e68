import { startChild, type Child, type Ended } from './child.js';
import { freePort } from './free-ports.js';
import { untilReady } from './ready.js';

const LISTENERS = {
  registry: ['http', 'sdk'],
  'rule-config': ['http'],
  'xds-push': ['http', 'xds'],
  'health-check': ['http'],
} as const;

/** A program of the cluster. */
export type App = keyof typeof LISTENERS;

/** One process of the cluster. */
export interface Replica {
  readonly app: App;
  /** By setting, as the front Envoy's configuration names them: `registry.http-port`. */
  readonly ports: Readonly<Record<string, number>>;
  /** The address of its HTTP API as a URL. */
  readonly http: string;
  /** `host:port` of what else it listens on. @throws Error when this program has no such listener. */
  addressOf(kind: 'sdk' | 'xds'): string;
  child(): Child;
  /** Starts it again; resolves when it is ready. */
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<Ended>;
}

/** Prepares a process of the cluster on ports of its own, and starts nothing. */
export const createReplica = async (app: App, flags: readonly string[]): Promise<Replica> => {
  const listeners: readonly string[] = LISTENERS[app];
  const found: number[] = [];
  while (found.length < listeners.length) found.push(await freePort());
  const ports = Object.fromEntries(listeners.map((kind, index) => [`${app}.${kind}-port`, found[index]!]));
  const portOf = (kind: string): number => {
    const port = ports[`${app}.${kind}-port`];
    if (port === undefined) throw new Error(`${app} has no port for ${kind}`);
    return port;
  };
  const http = `http://127.0.0.1:${portOf('http')}`;
  const own = listeners.flatMap((kind) => [`--${kind}-port`, String(portOf(kind))]);
  let child: Child | undefined;
  const running = (): Child => {
    if (!child) throw new Error(`${app} was not started`);
    return child;
  };
  return {
    app,
    ports,
    http,
    addressOf: (kind) => `127.0.0.1:${portOf(kind)}`,
    child: running,
    start: async () => {
      child = startChild(process.execPath, [`apps/${app}/dist/main.js`, ...own, ...flags]);
      await untilReady(app, http, child);
    },
    stop: (signal) => running().stop(signal),
  };
};
