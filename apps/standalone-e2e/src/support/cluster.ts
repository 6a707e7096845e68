import { startStack, type Stack } from '@thuban/testing';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { startFront } from './front.js';
import { PROCESSES } from './mode.js';
import { createReplica, type App, type Replica } from './replica.js';
import type { Thuban } from './thuban.js';

/** Thuban as processes of the cluster, on a database and topics of its own. */
export interface Cluster extends Thuban {
  readonly stack: Stack;
  readonly mysqlUrl: string;
  /** The processes of a kind, in the order of their start. */
  replicas(app: App): readonly Replica[];
  /** Starts one more, which the front Envoy does not know. Flags given here win. */
  add(app: App, flags?: readonly string[]): Promise<Replica>;
}

/** What a cluster consists of: of everything one, unless `replicas` says more. */
export interface ClusterOptions {
  readonly flags?: readonly string[];
  readonly replicas?: Readonly<Partial<Record<App, number>>>;
}

const APPS: readonly App[] = ['registry', 'rule-config', 'xds-push', 'health-check'];
/** The tables of the logs; all others are made from them. */
const OF_THE_LOGS = ['event', 'log', 'event_log_schema'];

/** Drops every table that is made from the logs. */
const dropTables = async (mysqlUrl: string): Promise<readonly string[]> => {
  const connection = await createConnection(mysqlUrl);
  try {
    const query = 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()';
    const [rows] = await connection.query<RowDataPacket[]>(query);
    const names = rows.map((row) => row['name'] as string).filter((name) => !OF_THE_LOGS.includes(name));
    if (names.length > 0) await connection.query(`DROP TABLE ${names.map((name) => `\`${name}\``).join(', ')}`);
    return names;
  } finally {
    await connection.end();
  }
};

const startOn = async (stack: Stack, { flags = [], replicas: counts = {} }: ClusterOptions): Promise<Cluster> => {
  const mysqlUrl = await stack.freshDatabase();
  const prefix = stack.freshPrefix();
  const stores = ['--mysql-url', mysqlUrl, '--kafka-brokers', stack.kafkaBrokers.join(',')];
  const common = [...stores, '--kafka-topic-prefix', prefix, ...flags];
  const replicas: Replica[] = [];

  const create = async (app: App, more: readonly string[] = []): Promise<Replica> => {
    const replica = await createReplica(app, [...common, ...more]);
    replicas.push(replica);
    return replica;
  };
  const named = (names: readonly string[]): readonly Replica[] => replicas.filter(({ app }) => names.includes(app));
  const startOnly = (names: readonly string[]) => Promise.all(named(names).map((replica) => replica.start()));

  for (const app of APPS) for (let n = 0; n < (counts[app] ?? 1); n++) await create(app);
  await startOnly(PROCESSES);
  const front = await startFront(replicas);
  return {
    http: front.http,
    sdk: front.sdk,
    xds: front.xds,
    xdsStatus: named(['xds-push'])[0]!.http,
    stack,
    mysqlUrl,
    replicas: (app) => named([app]),
    add: async (app, more) => {
      const replica = await create(app, more);
      await replica.start();
      return replica;
    },
    output: () => replicas.map((replica) => `${replica.app}:\n${replica.child().output()}`).join('\n'),
    start: async (names = PROCESSES) => {
      const startedMs = performance.now();
      await startOnly(names);
      await front.ready();
      return performance.now() - startedMs;
    },
    stop: (signal, names = PROCESSES) => Promise.all(named(names).map((replica) => replica.stop(signal))),
    dropReadModels: () => dropTables(mysqlUrl),
    dispose: async () => {
      await front.stop();
      await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')));
      await stack.stop();
    },
  };
};

/** Starts a cluster and the front Envoy before it, on the servers that the run shares. */
export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const stack = await startStack(['mysql', 'kafka']);
  return startOn(stack, options).catch(async (error: unknown) => {
    await stack.stop(); // what was started of the cluster ends with the suite
    throw error;
  });
};
