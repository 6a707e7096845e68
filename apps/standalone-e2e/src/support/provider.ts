import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server of the test process that answers with its name, as the one inside the polaris-go program does. */
export interface Provider {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a provider on a free port of the loopback. */
export const startProvider = async (name: string): Promise<Provider> => {
  const server = createServer((_incoming, reply) => reply.end(JSON.stringify({ name })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
