import { CLUSTER_SETTINGS } from '@thuban/cluster';
import { choiceOption, LOG_LEVELS, NETWORK_SETTINGS, portOption, textOption, type ValuesOf } from '@thuban/nest';

/** Every setting of the audit. It has none of the database: it knows what any reader of the topics and of the HTTP API can know. */
export const SETTINGS = {
  'data-dir': textOption({ help: 'where audit.db lives', default: '.thuban/audit', placeholder: 'DIR' }),
  'kafka-brokers': CLUSTER_SETTINGS['kafka-brokers'],
  'kafka-topic-prefix': CLUSTER_SETTINGS['kafka-topic-prefix'],
  'registry-url': textOption({
    help: 'the HTTP API of the registry, where events are read that Kafka did not bring',
    default: 'http://127.0.0.1:8090',
    placeholder: 'URL',
    group: 'Stores',
  }),
  'log-level': choiceOption({ help: 'what is logged to stderr', default: 'info', choices: LOG_LEVELS }),
  'http-port': portOption({ help: 'HTTP API, metrics, health', default: 8096, group: 'Network' }),
  ...NETWORK_SETTINGS,
} as const;

export type Settings = ValuesOf<typeof SETTINGS>;
