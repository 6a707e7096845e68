import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { StartupError } from './startup-error.js';

/** An address somebody wants to listen on. `what` says for whom, in words of the user: "HTTP API", "xDS". */
export interface ListenAddress {
  readonly what: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const LISTEN_STATE = '0A';

const linesOf = (path: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return []; // not Linux, or not ours to read
  }
};

/** The socket inodes that listen on `port`: `sl local remote st … inode` of /proc/net/tcp, ports in hex. */
const listeningInodes = (port: number): ReadonlySet<string> => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const columns = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(linesOf).map((line) => line.trim().split(/\s+/));
  const ours = columns.filter((column) => column[1]?.endsWith(`:${hex}`) && column[3] === LISTEN_STATE);
  return new Set(ours.map((column) => `socket:[${column[9]}]`));
};

const entriesOf = (path: string): readonly string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** Who listens on a TCP port, as far as Linux tells this user: `java (pid 4711)`. */
export const holderOfPort = (port: number): string | undefined => {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  const pids = entriesOf('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((each) =>
    entriesOf(`/proc/${each}/fd`).some((fd) => inodes.has(linkOf(`/proc/${each}/fd/${fd}`))),
  );
  return pid && `${linesOf(`/proc/${pid}/comm`)[0] ?? 'a process'} (pid ${pid})`;
};

/** Turns a failed listen into the sentence that the user needs; any other error comes back as it is. */
export const listenFailure = ({ what, host, port }: ListenAddress, cause: unknown): unknown => {
  const text = String(cause instanceof Error ? `${(cause as NodeJS.ErrnoException).code} ${cause.message}` : cause);
  const refuse = (why: string) => new StartupError(`port ${port} (${what}) ${why}`, 2, { cause });
  if (text.includes('EADDRINUSE'))
    return refuse(`is used by ${holderOfPort(port) ?? 'another process'}; stop it or choose another port`);
  if (text.includes('EACCES')) return refuse('needs more rights than this user has; choose a port above 1023');
  if (text.includes('EADDRNOTAVAIL') || text.includes('ENOTFOUND'))
    return refuse(`cannot be opened: ${host} is no address of this machine`);
  return cause;
};

const tryListen = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });

/**
 * Checks all addresses before anything is started, so that a half-started process never shows.
 * @throws StartupError for the first one that cannot be opened, with the name of who holds it.
 */
export const assertPortsFree = async (addresses: readonly ListenAddress[]): Promise<void> => {
  for (const address of addresses) {
    if (address.port === 0) continue;
    await tryListen(address.host, address.port).catch((cause: unknown) => {
      throw listenFailure(address, cause);
    });
  }
};
