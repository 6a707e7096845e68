import { CLUSTER_SETTINGS } from '@thuban/cluster';
import { portOption, type ValuesOf } from '@thuban/nest';

/** Every setting of a registry replica. */
export const SETTINGS = {
  ...CLUSTER_SETTINGS,
  'http-port': portOption({ help: 'HTTP API, metrics, health', default: 8090, group: 'Network' }),
  'sdk-port': portOption({ help: 'gRPC for Polaris SDKs', default: 8091, group: 'Network' }),
} as const;

export type Settings = ValuesOf<typeof SETTINGS>;
