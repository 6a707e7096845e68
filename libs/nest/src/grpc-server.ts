import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Server, ServerCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { ServerGrpc } from '@nestjs/microservices';
import { aborted } from './aborted.js';
import { listenFailure, type ListenAddress } from './listening.js';

/** Methods by name under the full name of their service, as `grpcPackageDefinition` of @thuban/proto makes it. */
export type PackageDefinition = Readonly<Record<string, object>>;

/** One gRPC listener. Nest finds the handlers by the names of the services in `packageDefinition`. */
export interface GrpcListener extends ListenAddress {
  readonly packageDefinition: PackageDefinition;
  /** Over the defaults of {@link CHANNEL_OPTIONS}. */
  readonly channelOptions?: ChannelOptions;
}

/** Bounds for peers that we do not know: messages, streams, dead and ageing connections. */
export const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc.max_concurrent_streams': 1000,
  'grpc.enable_channelz': 0, // its bookkeeping grows with every connection
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
};

/** `v1.PolarisGRPC` → `v1` */
const packagesOf = (definition: PackageDefinition): string[] => [
  ...new Set(Object.keys(definition).map((service) => service.slice(0, service.lastIndexOf('.')))),
];

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

/**
 * Nest's gRPC transport with two changes: it listens only once the handlers are there (Nest opens the port first, and
 * a client that is quick to reconnect would be told UNIMPLEMENTED), and it drains with a deadline.
 */
export class GrpcServer extends ServerGrpc {
  readonly #listener: GrpcListener;
  readonly #sockets = createServer();
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  /** The port that was opened; 0 before. */
  port = 0;

  constructor(listener: GrpcListener) {
    super({ package: packagesOf(listener.packageDefinition), packageDefinition: listener.packageDefinition });
    this.#listener = listener;
  }

  override async createClient(): Promise<Server> {
    this.#server = new Server({ ...CHANNEL_OPTIONS, ...this.#listener.channelOptions });
    return this.#server;
  }

  override async start(callback?: () => void): Promise<void> {
    await this.bindEvents();
    this.port = await this.#bind();
    callback?.();
  }

  /** Connections come in through a listener of our own, so that they can be cut: grpc-js only half-closes them. */
  #bind(): Promise<number> {
    const injector = this.#server?.createConnectionInjector(ServerCredentials.createInsecure());
    this.#sockets.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      injector?.injectConnection(socket);
    });
    const { host, port } = this.#listener;
    return new Promise((resolve, reject) => {
      this.#sockets.once('error', (error) => reject(listenFailure(this.#listener, error)));
      this.#sockets.listen({ host, port }, () => resolve((this.#sockets.address() as AddressInfo).port));
    });
  }

  /** Takes no new calls, lets the running ones end until the deadline, then cuts the connections. */
  async drain(deadline: AbortSignal): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    this.#sockets.close();
    const shutDown = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    // The word of grpc-js is not enough: from Node 24 on a closing server marks its sessions closed while calls still run on them.
    const ended = Promise.all([shutDown, ...[...this.#open].map(closed)]);
    await Promise.race([ended, aborted(deadline)]);
    for (const socket of this.#open) socket.destroy();
  }

  /** Nest's stop, which comes after {@link drain} has done the work. */
  override async close(): Promise<void> {
    await this.drain(AbortSignal.abort());
  }
}
