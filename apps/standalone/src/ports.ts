import { isLoopback } from './loopback.js';
import { StartupError } from '@thuban/nest';
import type { Settings } from './settings.js';

/** Where the process listens. */
export interface Addresses {
  readonly host: string;
  readonly http: number;
  readonly sdk: number;
  readonly xds: number;
}

const PORT_MAX = 65_535;

/**
 * The addresses of the settings.
 * @throws StartupError for an address that is not loopback without `--insecure-listen`, and for a port that the offset pushes out of range.
 */
export const addressesOf = (settings: Settings): Addresses => {
  const open = settings['insecure-listen'];
  const host = settings.listen ?? (open ? '0.0.0.0' : '127.0.0.1');
  if (!isLoopback(host) && !open)
    throw new StartupError(
      `--listen ${host} would open every port to the network, and there is no access control yet: add --insecure-listen if that is meant`,
    );
  return {
    host,
    http: portOf('http-port', settings),
    sdk: portOf('sdk-port', settings),
    xds: portOf('xds-port', settings),
  };
};

/** Port 0 (the system chooses) stays 0. */
const portOf = (name: 'http-port' | 'sdk-port' | 'xds-port', settings: Settings): number => {
  if (settings[name] === 0) return 0;
  const port = settings[name] + settings['port-offset'];
  if (port <= PORT_MAX) return port;
  throw new StartupError(
    `--${name} ${settings[name]} plus --port-offset ${settings['port-offset']} is over ${PORT_MAX}`,
  );
};
