import { isLoopback } from './loopback.js';
import { integerOption, optionalTextOption, switchOption, type ValuesOf } from './options.js';
import { StartupError } from './startup-error.js';

/** The settings of every process that listens; its ports are settings of its own. */
export const NETWORK_SETTINGS = {
  listen: optionalTextOption({
    help: 'the address that all ports are opened on (default 127.0.0.1)',
    placeholder: 'ADDRESS',
    group: 'Network',
  }),
  'insecure-listen': switchOption({
    help: 'allow an address that is not loopback (all interfaces unless --listen says which); there is no access control yet',
    default: false,
    group: 'Network',
  }),
  'port-offset': integerOption({ help: 'added to every port', default: 0, min: 0, max: 50_000, group: 'Network' }),
} as const;

type NetworkSettings = ValuesOf<typeof NETWORK_SETTINGS>;

const PORT_MAX = 65_535;

/**
 * The address to open ports on.
 * @throws StartupError for one that is not loopback without `--insecure-listen`.
 */
export const hostOf = (settings: Omit<NetworkSettings, 'port-offset'>): string => {
  const open = settings['insecure-listen'];
  const host = settings.listen ?? (open ? '0.0.0.0' : '127.0.0.1');
  if (isLoopback(host) || open) return host;
  throw new StartupError(
    `--listen ${host} would open every port to the network, and there is no access control yet: add --insecure-listen if that is meant`,
  );
};

/**
 * The port of the setting `name`, shifted by the offset; 0 (the system chooses) stays 0.
 * @throws StartupError when that is out of range.
 */
export const shiftedPort = <N extends string>(
  name: N,
  settings: Pick<NetworkSettings, 'port-offset'> & { readonly [K in N]: number },
): number => {
  if (settings[name] === 0) return 0;
  const port = settings[name] + settings['port-offset'];
  if (port <= PORT_MAX) return port;
  throw new StartupError(
    `--${name} ${settings[name]} plus --port-offset ${settings['port-offset']} is over ${PORT_MAX}`,
  );
};
