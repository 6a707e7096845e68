import { CLUSTER_SETTINGS } from '@thuban/cluster';
import { portOption, type ValuesOf } from '@thuban/nest';

/** Every setting of a rule-config replica. */
export const SETTINGS = {
  ...CLUSTER_SETTINGS,
  'http-port': portOption({ help: 'HTTP API of the rules, metrics, health', default: 8092, group: 'Network' }),
} as const;

export type Settings = ValuesOf<typeof SETTINGS>;
