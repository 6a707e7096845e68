import type { Ended } from './child.js';
import { startCluster } from './cluster.js';
import { startEmbedded } from './embedded.js';
import { MODE, type ProcessName } from './mode.js';

/** A running Thuban, and the means to stop and start it again on the same data and ports. */
export interface Thuban {
  /** The address of the HTTP API as a URL; `sdk` and `xds` are `host:port`. In the cluster all three are the front Envoy's. */
  readonly http: string;
  readonly sdk: string;
  readonly xds: string;
  /** Where `/v1/status` tells of the xDS streams, as a URL: in the cluster each process has its own. */
  readonly xdsStatus: string;
  /** What its processes printed so far. */
  output(): string;
  /** Ends these processes (all if none are named) and waits for their ends. */
  stop(signal?: NodeJS.Signals, names?: readonly ProcessName[]): Promise<readonly Ended[]>;
  /** Starts them again; resolves when they are ready, with the milliseconds that took. */
  start(names?: readonly ProcessName[]): Promise<number>;
  /** Deletes everything that can be made anew from the log. Only while it is stopped. Names what was deleted. */
  dropReadModels(): Promise<readonly string[]>;
  /** Stops it for good and deletes its data. */
  dispose(): Promise<void>;
}

/** Starts the built product as a user would, in the mode of this run, with nothing in it, and waits until it says that it is ready. */
export const startThuban = (flags: readonly string[] = []): Promise<Thuban> =>
  MODE === 'cluster' ? startCluster({ flags }) : startEmbedded({ flags });
