import {
  choiceOption,
  integerOption,
  LOG_LEVELS,
  optionalTextOption,
  portOption,
  switchOption,
  textOption,
  type ValuesOf,
} from '@thuban/nest';

/** Every setting of the standalone process. */
export const SETTINGS = {
  'data-dir': textOption({ help: 'where log.db and read.db live', default: '.thuban/data', placeholder: 'DIR' }),
  'log-level': choiceOption({ help: 'what is logged to stderr', default: 'warn', choices: LOG_LEVELS }),
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
  'http-port': portOption({ help: 'HTTP API, metrics, health', default: 8090, group: 'Network' }),
  'sdk-port': portOption({ help: 'gRPC for Polaris SDKs', default: 8091, group: 'Network' }),
  'xds-port': portOption({ help: 'gRPC for Envoy (ADS)', default: 15010, group: 'Network' }),
  'port-offset': integerOption({ help: 'added to every port', default: 0, min: 0, max: 50_000, group: 'Network' }),
  'xds-streams-max': integerOption({
    help: 'xDS streams at a time; more are refused with RESOURCE_EXHAUSTED',
    default: 10_000,
    min: 1,
    max: 1_000_000,
    group: 'Limits',
  }),
} as const;

export type Settings = ValuesOf<typeof SETTINGS>;
