import { hostOf, shiftedPort } from '@thuban/nest';
import type { Settings } from './settings.js';

/** Where the process listens. */
export interface Addresses {
  readonly host: string;
  readonly http: number;
  readonly sdk: number;
  readonly xds: number;
}

/**
 * The addresses of the settings.
 * @throws StartupError for an address that is not loopback without `--insecure-listen`, and for a port that the offset pushes out of range.
 */
export const addressesOf = (settings: Settings): Addresses => ({
  host: hostOf(settings),
  http: shiftedPort('http-port', settings),
  sdk: shiftedPort('sdk-port', settings),
  xds: shiftedPort('xds-port', settings),
});
