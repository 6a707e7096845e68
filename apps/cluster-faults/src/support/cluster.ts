import { startStack, startTcpProxy, type Stack, type TcpProxy } from '@thuban/testing';
import { createApp, type App, type AppName } from './app.js';
import { startMirror, type Mirror } from './mirror.js';
import { connectRegistry, type RegistryClient } from './registry-client.js';

/** A cluster whose parts can be killed, with a client at each registry replica and a mirror at each xds-push. */
export interface Cluster {
  readonly stack: Stack;
  /** The database itself; the processes reach it through `mysqlLink`. */
  readonly mysqlUrl: string;
  readonly topicPrefix: string;
  readonly mysqlLink: TcpProxy;
  readonly apps: readonly App[];
  named(name: AppName): readonly App[];
  readonly clients: readonly RegistryClient[];
  readonly mirrors: readonly Mirror[];
  /** What the processes printed, for a test that fails. */
  output(): string;
  stop(): Promise<void>;
}

/** How many replicas, and a planted bug. */
export interface ClusterOptions {
  readonly registries?: number;
  readonly pushes?: number;
  readonly sabotage?: string;
}

const times = (count: number, name: AppName): readonly AppName[] => Array.from({ length: count }, () => name);

/** Starts servers of its own and the processes; resolves when all are ready. */
export const startCluster = async ({ registries = 2, pushes = 2, sabotage }: ClusterOptions = {}): Promise<Cluster> => {
  const stack = await startStack(['mysql', 'kafka'], { own: true });
  const mysqlUrl = await stack.freshDatabase();
  const url = new URL(mysqlUrl);
  const mysqlLink = await startTcpProxy({ port: Number(url.port) });
  url.port = String(mysqlLink.port);
  const topicPrefix = stack.freshPrefix();
  const brokers = stack.kafkaBrokers.join(',');
  const flags = ['--mysql-url', url.href, '--kafka-brokers', brokers, '--kafka-topic-prefix', topicPrefix];
  const env = sabotage === undefined ? {} : { NODE_ENV: 'test', THUBAN_SABOTAGE: sabotage };
  const apps: App[] = [];
  for (const name of [
    ...times(registries, 'registry'),
    ...times(pushes, 'xds-push'),
    'rule-config' as const,
    'health-check' as const,
  ])
    apps.push(await createApp(name, flags, env));
  const named = (name: AppName): readonly App[] => apps.filter((app) => app.name === name);
  const stop = async (): Promise<void> => {
    for (const app of apps) app.signal('SIGCONT');
    await Promise.all(apps.map((app) => app.kill()));
    await mysqlLink.close();
    await stack.stop();
  };
  await Promise.all(apps.map((app) => app.start())).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const clients = named('registry').map(({ ports }) => connectRegistry(ports['sdk']!));
  const mirrors = named('xds-push').map(({ ports }) => startMirror(ports['xds']!));
  return {
    ...{ stack, mysqlUrl, topicPrefix, mysqlLink, apps, named, clients, mirrors },
    output: () => apps.map((app) => `--- ${app.name}\n${app.output().slice(-3000)}`).join('\n'),
    stop: async () => {
      for (const mirror of mirrors) mirror.close();
      for (const client of clients) client.close();
      await stop();
    },
  };
};
