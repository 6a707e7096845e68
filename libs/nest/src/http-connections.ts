import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** The connections of an HTTP server, to be closed in order. */
export interface HttpConnections {
  /** Closes those without a request now and every other one once its request has been answered. */
  drain(): void;
  /** Cuts whatever is left, and whoever still comes. */
  cut(): void;
}

/**
 * Follows which connections serve a request. Node's own `closeIdleConnections` looks once and passes over connections that
 * have never carried a request, so a client that connected ahead, or keeps its connection after an answer, would hold up a stop.
 */
export const trackConnections = (server: Server): HttpConnections => {
  const requests = new Map<Socket, number>();
  let draining = false;
  let cutting = false;
  const count = (socket: Socket, by: number): void => {
    const left = (requests.get(socket) ?? 0) + by;
    if (requests.has(socket)) requests.set(socket, left);
    if (draining && left === 0) socket.end();
  };
  server.on('connection', (socket) => {
    if (cutting) return void socket.destroy();
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });
  return {
    drain: () => {
      draining = true;
      for (const [socket, left] of requests) if (left === 0) socket.destroy();
    },
    cut: () => {
      cutting = true;
      for (const socket of requests.keys()) socket.destroy();
    },
  };
};
