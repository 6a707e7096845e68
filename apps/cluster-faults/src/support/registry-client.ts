import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { grpcPackageDefinition, polaris } from '@thuban/proto';

const METHODS = grpcPackageDefinition(polaris.PolarisGRPC)['v1.PolarisGRPC']!;
const asIs = (bytes: Buffer): Buffer => bytes;
const PATIENCE_MS = 8_000;

/** An instance as the suite uses them: all in namespace `default`. */
export interface Place {
  readonly service: string;
  readonly host: string;
  readonly port: number;
  readonly weight?: number;
}

/** What became of a command: answered with this Polaris code, or no answer came (then nobody knows). */
export interface Outcome {
  readonly code: number | undefined;
  readonly tookMs: number;
  readonly info: string;
}

/** An SDK as far as the suite needs one, without any code of ours that retries. */
export interface RegistryClient {
  register(place: Place): Promise<Outcome>;
  deregister(place: Place): Promise<Outcome>;
  /** `host:port` of the instances of a service. @throws Error when no answer comes. */
  discover(service: string): Promise<readonly string[]>;
  close(): void;
}

const messageOf = ({ service, host, port, weight }: Place): Buffer =>
  Buffer.from(
    toBinary(
      polaris.InstanceSchema,
      create(polaris.InstanceSchema, {
        ...{ namespace: 'default', service, host, port },
        ...(weight !== undefined && { weight }),
      }),
    ),
  );

/** Connects to the SDK port of one replica. */
export const connectRegistry = (port: number): RegistryClient => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 200,
  });
  const deadline = () => ({ deadline: Date.now() + PATIENCE_MS });
  const send = (method: 'RegisterInstance' | 'DeregisterInstance', place: Place): Promise<Outcome> =>
    new Promise((resolve) => {
      const sentMs = performance.now();
      const done = (error: ServiceError | null, bytes?: Buffer): void => {
        const answer = bytes && fromBinary(polaris.ResponseSchema, bytes);
        const info = error?.details ?? answer?.info ?? '';
        resolve({ code: answer?.code, tookMs: performance.now() - sentMs, info });
      };
      client.makeUnaryRequest(METHODS[method]!.path, asIs, asIs, messageOf(place), new Metadata(), deadline(), done);
    });
  return {
    register: (place) => send('RegisterInstance', place),
    deregister: (place) => send('DeregisterInstance', place),
    discover: (service) =>
      new Promise((resolve, reject) => {
        const path = METHODS['Discover']!.path;
        const call = client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs, new Metadata(), deadline());
        call.on('error', reject);
        call.on('data', (bytes: Buffer) => {
          const { instances } = fromBinary(polaris.DiscoverResponseSchema, bytes);
          resolve(instances.map(({ host, port }) => `${host}:${port}`));
          call.end();
        });
        const type = polaris.DiscoverRequest_DiscoverRequestType.INSTANCE;
        const request = create(polaris.DiscoverRequestSchema, {
          type,
          service: { namespace: 'default', name: service },
        });
        call.write(Buffer.from(toBinary(polaris.DiscoverRequestSchema, request)));
      }),
    close: () => client.close(),
  };
};
