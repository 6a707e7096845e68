import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from './child.js';
import { freePort } from './free-ports.js';
import { untilReady } from './ready.js';
import type { Replica } from './replica.js';
import { temporaryFolder } from './temporary-folder.js';
import { envoyPath, frontTemplate } from './tools.js';

/** The front Envoy: one address for every process of a cluster. */
export interface Front {
  readonly http: string;
  readonly sdk: string;
  readonly xds: string;
  /** Resolves when it passes requests on to a registry that is ready. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

type Ports = Readonly<Record<string, number>>;

/** Puts numbers in place of the names of ports, as far as they are among these. */
const placed = (node: unknown, ports: Ports): unknown =>
  JSON.parse(JSON.stringify(node), (key, value: unknown) =>
    key === 'port_value' ? (ports[String(value)] ?? value) : value,
  );

/** deploy/envoy-front.yaml with every replica behind the cluster that has one of its kind. */
const configOf = (replicas: readonly Replica[], own: Ports): unknown => {
  const behind = (endpoint: unknown): readonly unknown[] =>
    replicas
      .filter(({ app }) => JSON.stringify(endpoint).includes(`"port_value":"${app}.`))
      .map(({ ports }) => placed(endpoint, ports));
  const config: unknown = JSON.parse(frontTemplate(), (key, value: unknown) =>
    key === 'lb_endpoints' ? (value as readonly unknown[]).flatMap(behind) : value,
  );
  return placed(config, own);
};

/** Starts the front Envoy before these processes, which are ready. */
export const startFront = async (replicas: readonly Replica[]): Promise<Front> => {
  const folder = temporaryFolder();
  const file = join(folder, 'envoy.json');
  const ports: Record<string, number> = {};
  for (const kind of ['http', 'sdk', 'xds', 'admin']) ports[`front.${kind}`] = await freePort();
  writeFileSync(file, JSON.stringify(configOf(replicas, ports)));
  const child = startChild(envoyPath(), ['-c', file, '-l', 'warn', '--concurrency', '1', '--disable-hot-restart']);
  const address = (kind: string): string => `127.0.0.1:${ports[`front.${kind}`]}`;
  const http = `http://${address('http')}`;
  const ready = (): Promise<void> => untilReady('the front Envoy', http, child);
  await ready();
  return {
    http,
    sdk: address('sdk'),
    xds: address('xds'),
    ready,
    stop: async () => {
      await child.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
