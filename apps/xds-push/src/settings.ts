import { CLUSTER_SETTINGS } from '@thuban/cluster';
import { integerOption, portOption, type ValuesOf } from '@thuban/nest';

/** Every setting of an xds-push replica. */
export const SETTINGS = {
  ...CLUSTER_SETTINGS,
  'http-port': portOption({ help: 'metrics, health, status', default: 8094, group: 'Network' }),
  'xds-port': portOption({ help: 'gRPC for Envoy (ADS)', default: 15010, group: 'Network' }),
  'xds-streams-max': integerOption({
    help: 'xDS streams at a time; more are refused with RESOURCE_EXHAUSTED',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    group: 'Limits',
  }),
} as const;

export type Settings = ValuesOf<typeof SETTINGS>;
