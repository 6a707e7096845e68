import { createServer } from 'node:net';

const BASE_PORTS = [8090, 8091, 15010] as const;
// Below the range from which systems take the ports of outgoing connections.
const OFFSETS = { from: 1_000, to: 17_000 };

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** An offset at which all ports of Thuban are free. */
export const freePortOffset = async (): Promise<number> => {
  for (;;) {
    const offset = OFFSETS.from + Math.floor(Math.random() * (OFFSETS.to - OFFSETS.from));
    const free = await Promise.all(BASE_PORTS.map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
};

// Spec files that run at the same time look for ports in ranges of their own.
const WORKER = Number(process.env['JEST_WORKER_ID'] ?? 1);
const PORTS_PER_WORKER = 4_000;
const FIRST_PORT = 18_000 + (WORKER % 3) * PORTS_PER_WORKER;

/** A port of the loopback that nobody listens on, for programs that cannot be told "any". */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS_PER_WORKER);
    if (await isFree(port)) return port;
  }
};
