import type { EventLog } from '@thuban/event-sourcing';
import {
  bootstrap,
  createMetrics,
  hostOf,
  processApi,
  registerProcessMetrics,
  shiftedPort,
  systemClock,
  type BootstrapOptions,
  type Follower,
  type GrpcListener,
  type Metrics,
  type ProcessApiOptions,
  type Running,
} from '@thuban/nest';
import { openCluster, type Cluster, type ClusterOptions } from './open-cluster.js';
import type { ClusterSettings } from './settings.js';

/** What one process of the cluster serves and does, beside what all of them do. */
export interface Served
  extends
    Pick<BootstrapOptions, 'modules' | 'checks' | 'onDrain'>,
    Pick<ProcessApiOptions, 'counts' | 'statusSections'> {
  /** The logs that `/v1/events` shows. */
  readonly logs: readonly EventLog[];
  /** The operations of its modules, for the OpenAPI document. */
  readonly operations?: ProcessApiOptions['operations'];
  readonly grpc?: readonly Omit<GrpcListener, 'host'>[];
  readonly registerMetrics: (metrics: Metrics) => void;
  /** Waits for what is under way; the stores are still open. */
  readonly finish?: () => Promise<void>;
  readonly followers: readonly Follower[];
  /** What to tell the operator, after "<name> <version> is ready: ". */
  readonly ready: (host: string, ports: Running['ports']) => string;
}

const serve = async (
  { service, version, settings }: AppOptions,
  cluster: Cluster,
  { logs, operations = [], grpc = [], ready, ...served }: Served,
): Promise<string> => {
  const { logger, tracer } = cluster;
  const projections = cluster.lags;
  const api = processApi({
    logs,
    clock: systemClock,
    version,
    operations,
    projections,
    ...(served.counts && { counts: served.counts }),
    statusSections: { ...served.statusSections, cluster: cluster.status },
  });
  const metrics = createMetrics();
  registerProcessMetrics(metrics, { version, projections });
  served.registerMetrics(metrics);
  cluster.registerMetrics(metrics);
  const host = hostOf(settings);
  const { ports } = await bootstrap({
    name: service,
    modules: [...served.modules, api.module],
    http: { host, port: shiftedPort('http-port', settings), what: 'http' },
    grpc: grpc.map((listener) => ({ ...listener, host })),
    logger,
    metrics,
    tracer,
    checks: served.checks,
    ...(served.onDrain && { onDrain: served.onDrain }),
    onClosed: async () => {
      await served.finish?.();
      await cluster.close();
      await Promise.all(served.followers.map(({ ended }) => ended));
    },
  });
  return `${service} ${version} is ready: ${ready(host, ports)}`;
};

/** What a process is started with. */
export interface AppOptions extends ClusterOptions {
  readonly settings: ClusterSettings & { readonly 'http-port': number };
}

/**
 * Opens the stores of a process, lets `prepare` start its folds, and serves what that gives until a signal ends it.
 * @returns what to tell the operator.
 * @throws StartupError, DatabaseRefused or StoreRefused: one sentence for the operator; nothing is left running.
 */
export const startApp = async (
  options: AppOptions,
  prepare: (cluster: Cluster) => Promise<Served>,
): Promise<string> => {
  const cluster = await openCluster(options);
  try {
    return await serve(options, cluster, await prepare(cluster));
  } catch (error) {
    await cluster.close();
    throw error;
  }
};
