import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild, startChild, type Child } from './child.js';
import { eventually } from './eventually.js';
import { freePort } from './free-ports.js';
import { temporaryFolder } from './temporary-folder.js';
import { envoyPath } from './tools.js';

/** Which variant of ADS an Envoy speaks. */
export type Variant = 'delta' | 'sotw';

/** An endpoint as Envoy's admin page lists it. */
export interface EnvoyEndpoint {
  readonly address: string;
  readonly weight: number;
  readonly health: string;
}

/** A real Envoy that takes everything from Thuban. */
export interface Envoy {
  readonly listenerPort: number;
  readonly child: Child;
  /** The admin page, parsed. */
  admin(path: string): Promise<unknown>;
  /** Endpoints of a cluster by Envoy's own account, in order of their address. */
  endpoints(cluster: string): Promise<readonly EnvoyEndpoint[]>;
  /** Counters and gauges whose names match. */
  stats(filter: string): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

interface ClustersPage {
  readonly cluster_statuses?: readonly {
    readonly name: string;
    readonly host_statuses?: readonly {
      readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } };
      readonly weight?: number;
      readonly health_status: { readonly eds_health_status: string };
    }[];
  }[];
}

interface StatsPage {
  readonly stats: readonly { readonly name?: string; readonly value?: number }[];
}

const endpointsOf = (page: ClustersPage, cluster: string): readonly EnvoyEndpoint[] => {
  const hosts = page.cluster_statuses?.find(({ name }) => name === cluster)?.host_statuses ?? [];
  return hosts
    .map(({ address: { socket_address }, weight = 1, health_status }) => ({
      address: `${socket_address.address}:${socket_address.port_value}`,
      weight,
      health: health_status.eds_health_status,
    }))
    .sort((a, b) => (a.address < b.address ? -1 : 1));
};

const bootstrap = async (
  xds: string,
  variant: Variant,
  ports: { readonly listener: number; readonly admin: number },
): Promise<string> => {
  const where = ['--xds', xds, '--listener-port', String(ports.listener), '--admin-port', String(ports.admin)];
  const args = ['bootstrap', 'envoy', '--node', 'default/web', '--mode', variant, ...where];
  const { code, output } = await runChild(process.execPath, ['apps/thubanctl/bin/thubanctl.js', ...args]);
  if (code !== 0) throw new Error(`thubanctl ${args.join(' ')} ended with ${code}: ${output}`);
  return output;
};

/** Starts Envoy on the bootstrap that thubanctl prints, and waits until its listener is there. */
export const startEnvoy = async (xds: string, variant: Variant): Promise<Envoy> => {
  const folder = temporaryFolder();
  const ports = { listener: await freePort(), admin: await freePort() };
  const file = join(folder, 'envoy.yaml');
  writeFileSync(file, await bootstrap(xds, variant, ports));
  const child = startChild(envoyPath(), ['-c', file, '-l', 'warn', '--concurrency', '2', '--disable-hot-restart']);
  const admin = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${ports.admin}${path}`);
    if (!response.ok) throw new Error(`Envoy ${path}: ${response.status}`);
    return response.json();
  };
  const stats = async (filter: string): Promise<Readonly<Record<string, number>>> => {
    const page = (await admin(`/stats?format=json&filter=${encodeURIComponent(filter)}`)) as StatsPage;
    return Object.fromEntries(
      page.stats.flatMap(({ name, value }) => (name === undefined || value === undefined ? [] : [[name, value]])),
    );
  };
  const assertListening = async (): Promise<void> => {
    // A listener counts as active before the workers accept on it; state 0 is LIVE.
    const found = await stats(
      '^(listener_manager.total_listeners_active|listener_manager.workers_started|server.state)$',
    );
    expect(found).toEqual({
      'listener_manager.total_listeners_active': 1,
      'listener_manager.workers_started': 1,
      'server.state': 0,
    });
  };
  await eventually(assertListening, 20_000).catch((cause: unknown) => {
    throw new Error(`${String(cause)}\n${child.output()}`);
  });
  return {
    listenerPort: ports.listener,
    child,
    admin,
    stats,
    endpoints: async (cluster) => endpointsOf((await admin('/clusters?format=json')) as ClustersPage, cluster),
    stop: async () => {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
