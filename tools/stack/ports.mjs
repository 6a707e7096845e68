// Which ports a stack uses.
import { createServer } from 'node:net';

const namesAndPorts = (parts) => parts.flatMap((part) => Object.entries(part.ports));

/** The usual ports of these parts, shifted. @throws an Error when one falls out of range. */
export const shiftedPorts = (parts, offset) =>
  Object.fromEntries(
    namesAndPorts(parts).map(([name, port]) => {
      if (port + offset < 1 || port + offset > 65_535)
        throw new Error(`--port-offset ${offset} puts the port of ${name} at ${port + offset}, which does not exist.`);
      return [name, port + offset];
    }),
  );

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
