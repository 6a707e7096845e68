import { CLUSTER_SETTINGS } from '@thuban/cluster';
import { portOption, type ValuesOf } from '@thuban/nest';

/** Every setting of a health-check replica. */
export const SETTINGS = {
  ...CLUSTER_SETTINGS,
  'http-port': portOption({ help: 'metrics, health, status', default: 8095, group: 'Network' }),
} as const;

export type Settings = ValuesOf<typeof SETTINGS>;
