import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { grpcPackageDefinition, polaris } from '@thuban/proto';

const METHODS = grpcPackageDefinition(polaris.PolarisGRPC)['v1.PolarisGRPC']!;
const asIs = (bytes: Buffer): Buffer => bytes;

/** What became of a call: the bytes of the answer, or the status that it ended with. */
export type Outcome = { readonly bytes: Buffer } | { readonly status: number; readonly details: string };

/** One connection to the SDK port over which any bytes can be sent. */
export interface RawConnection {
  unary(
    method: 'RegisterInstance' | 'DeregisterInstance' | 'Heartbeat',
    bytes: Uint8Array,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Outcome>;
  /** Sends messages over one Discover stream, half-closes it and gives all answers and the status (0 for OK). */
  discover(messages: readonly Uint8Array[]): Promise<{ readonly answers: readonly Buffer[]; readonly status: number }>;
  close(): void;
}

/** Opens a connection that neither encodes nor decodes. */
export const connectRaw = (address: string): RawConnection => {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
  return {
    unary: (method, bytes, headers = {}) =>
      new Promise((resolve) => {
        const done = (error: ServiceError | null, answer?: Buffer): void =>
          resolve(error || !answer ? { status: error?.code ?? -1, details: error?.details ?? '' } : { bytes: answer });
        const metadata = new Metadata();
        for (const [key, value] of Object.entries(headers)) metadata.set(key, value);
        client.makeUnaryRequest(METHODS[method]!.path, asIs, asIs, Buffer.from(bytes), metadata, done);
      }),
    discover: (messages) =>
      new Promise((resolve) => {
        const answers: Buffer[] = [];
        const call = client.makeBidiStreamRequest<Buffer, Buffer>(METHODS['Discover']!.path, asIs, asIs);
        call.on('data', (bytes: Buffer) => answers.push(bytes));
        call.on('error', () => undefined); // its status comes as well
        call.on('status', ({ code }) => resolve({ answers, status: code }));
        for (const message of messages) call.write(Buffer.from(message));
        call.end();
      }),
    close: () => client.close(),
  };
};
