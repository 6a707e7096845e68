import {
  choiceOption,
  integerOption,
  LOG_LEVELS,
  NETWORK_SETTINGS,
  portOption,
  TELEMETRY_SETTINGS,
  textOption,
  type ValuesOf,
} from '@thuban/nest';

/** Every setting of the standalone process. */
export const SETTINGS = {
  'data-dir': textOption({ help: 'where log.db and read.db live', default: '.thuban/data', placeholder: 'DIR' }),
  'log-level': choiceOption({ help: 'what is logged to stderr', default: 'warn', choices: LOG_LEVELS }),
  'http-port': portOption({ help: 'HTTP API, metrics, health', default: 8090, group: 'Network' }),
  'sdk-port': portOption({ help: 'gRPC for Polaris SDKs', default: 8091, group: 'Network' }),
  'xds-port': portOption({ help: 'gRPC for Envoy (ADS)', default: 15010, group: 'Network' }),
  ...NETWORK_SETTINGS,
  'xds-streams-max': integerOption({
    help: 'xDS streams at a time; more are refused with RESOURCE_EXHAUSTED',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    group: 'Limits',
  }),
  ...TELEMETRY_SETTINGS,
} as const;

export type Settings = ValuesOf<typeof SETTINGS>;
