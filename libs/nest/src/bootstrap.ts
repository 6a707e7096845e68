import 'reflect-metadata';
import type { Server } from 'node:http';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Tracer } from '@thuban/telemetry';
import { aborted } from './aborted.js';
import { countRequests } from './count-requests.js';
import { ErrorFilter } from './error-filter.js';
import { GrpcServer, type GrpcListener } from './grpc-server.js';
import { trackConnections, type HttpConnections } from './http-connections.js';
import { createHttpAdapter } from './http-adapter.js';
import { assertPortsFree, listenFailure, type ListenAddress } from './listening.js';
import { nestLogger, type Logger } from './logger.js';
import type { Metrics } from './metrics.js';
import { operationsModule, type ReadinessCheck } from './operations.js';
import { closeOnSignals } from './signals.js';
import { traceRequests } from './trace-requests.js';

/** What a process consists of. */
export interface BootstrapOptions {
  readonly name: string;
  readonly modules: readonly (DynamicModule | Type)[];
  readonly http: ListenAddress;
  readonly grpc: readonly GrpcListener[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Records HTTP requests that may change something; undefined: telemetry is off. */
  readonly tracer?: Tracer | undefined;
  readonly checks: readonly ReadinessCheck[];
  /** Runs first when draining, after `/readyz` has turned 503 and while everything is still served: end long streams here. */
  readonly onDrain?: () => Promise<void> | void;
  /** Runs when nothing is served any more: stop projections, close stores. */
  readonly onClosed?: () => Promise<void> | void;
  /** How long draining, `onDrain` included, may take before connections are cut. Default 4,000: a whole stop stays below 5 s. */
  readonly drainMs?: number;
  /** Close and exit on SIGTERM and SIGINT; a second signal kills. Default true. */
  readonly signals?: boolean;
}

/** A running process. */
export interface Running {
  /** The opened ports: HTTP, then gRPC in the order of the options. */
  readonly ports: { readonly http: number; readonly grpc: readonly number[] };
  readonly app: NestFastifyApplication;
  /** Drains and stops; a second call waits for the first. */
  close(): Promise<void>;
}

@Module({})
class RootModule {}

const createApp = async (options: BootstrapOptions, draining: () => boolean): Promise<NestFastifyApplication> => {
  const { logger, metrics, checks, modules } = options;
  const root: DynamicModule = {
    module: RootModule,
    imports: [...modules, operationsModule({ checks, metrics, draining })],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(logger), {
    logger: nestLogger(logger),
    abortOnError: false,
    bodyParser: false, // our adapter has its own
  });
  app.useGlobalFilters(new ErrorFilter(logger));
  countRequests(app.getHttpAdapter().getInstance(), metrics);
  if (options.tracer) traceRequests(app.getHttpAdapter().getInstance(), options.tracer);
  return app;
};

const listenHttp = async (app: NestFastifyApplication, http: ListenAddress): Promise<number> => {
  await app.listen(http.port, http.host).catch((error: unknown) => {
    throw listenFailure(http, error);
  });
  const address = app.getHttpServer().address();
  return typeof address === 'object' && address ? address.port : http.port;
};

/**
 * Starts one process: HTTP under Fastify, gRPC under Nest's transport, `/livez`, `/readyz`, `/metrics`.
 * @throws StartupError for a port that cannot be opened, before anything listens.
 */
export const bootstrap = async (options: BootstrapOptions): Promise<Running> => {
  const { http, grpc, logger, drainMs = 4_000, signals = true } = options;
  await assertPortsFree([http, ...grpc]);
  let draining = false;
  const app = await createApp(options, () => draining);
  const connections = trackConnections(app.getHttpServer() as Server);
  const servers = grpc.map((listener) => new GrpcServer(listener));
  for (const strategy of servers) app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  const ports = { http: await listenHttp(app, http), grpc: servers.map(({ port }) => port) };
  const stop = async (): Promise<void> => {
    draining = true;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), drainMs);
    try {
      await Promise.race([options.onDrain?.(), aborted(deadline.signal)]);
      await Promise.all([
        ...servers.map((server) => server.drain(deadline.signal)),
        drainHttp(app, connections, deadline.signal),
      ]);
    } finally {
      clearTimeout(timer);
      await options.onClosed?.();
    }
  };
  let stopping: Promise<void> | undefined;
  const close = (): Promise<void> => (stopping ??= stop());
  if (signals) closeOnSignals(close, logger);
  return { ports, app, close };
};

/** gRPC servers cut their own calls at the deadline; HTTP connections are cut here. */
const drainHttp = async (
  app: NestFastifyApplication,
  connections: HttpConnections,
  deadline: AbortSignal,
): Promise<void> => {
  const cut = (): void => connections.cut();
  connections.drain();
  const closed = app.close();
  if (deadline.aborted) cut();
  deadline.addEventListener('abort', cut);
  await closed;
  deadline.removeEventListener('abort', cut);
};
