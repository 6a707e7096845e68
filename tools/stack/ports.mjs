// Which ports a stack uses.
import { createServer } from 'node:net';

const namesAndPorts = (parts) => parts.flatMap((part) => Object.entries(part.ports));

/** The usual ports of these parts, shifted. */
export const shiftedPorts = (parts, offset) =>
  Object.fromEntries(namesAndPorts(parts).map(([name, port]) => [name, port + offset]));

/** @throws an Error when the offset pushes a port of these parts out of range. */
export const assertPorts = (parts, offset) => {
  const impossible = Object.entries(shiftedPorts(parts, offset)).find(([, port]) => port < 1 || port > 65_535);
  if (impossible)
    throw new Error(
      `--port-offset ${offset} puts the port of ${impossible[0]} at ${impossible[1]}, which does not exist.`,
    );
};

const listening = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  });

/** Ports that nobody listens on at the moment, by name, all different. */
export const freePorts = async (parts) => {
  const names = namesAndPorts(parts).map(([name]) => name);
  const servers = await Promise.all(names.map(listening)); // all at once, so that no port is given twice
  const ports = Object.fromEntries(names.map((name, index) => [name, servers[index].address().port]));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};
