import {
  choiceOption,
  integerOption,
  LOG_LEVELS,
  NETWORK_SETTINGS,
  optionalTextOption,
  TELEMETRY_SETTINGS,
  textOption,
  type ValuesOf,
} from '@thuban/nest';

/** The settings that every process of the cluster has; each adds its ports. */
export const CLUSTER_SETTINGS = {
  'mysql-url': textOption({
    help: 'the database that holds the event logs and the projections: mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE',
    default: 'mysql://thuban@127.0.0.1:3306/thuban',
    placeholder: 'URL',
    group: 'Stores',
  }),
  'mysql-password-file': optionalTextOption({
    help: "a file that holds the password of the URL's user",
    placeholder: 'FILE',
    group: 'Stores',
  }),
  'kafka-brokers': textOption({
    help: 'where Kafka is, comma separated',
    default: '127.0.0.1:9092',
    placeholder: 'HOST:PORT,…',
    group: 'Stores',
  }),
  'kafka-topic-prefix': textOption({
    help: 'topics are called PREFIX.registry.v1 and so on',
    default: 'thuban',
    placeholder: 'PREFIX',
    group: 'Stores',
  }),
  'kafka-replication': integerOption({
    help: 'copies of each topic that this process creates; 3 for a Kafka that must not lose its tail',
    default: 1,
    min: 1,
    max: 10,
    group: 'Stores',
  }),
  'log-level': choiceOption({ help: 'what is logged to stderr', default: 'info', choices: LOG_LEVELS }),
  ...NETWORK_SETTINGS,
  ...TELEMETRY_SETTINGS,
} as const;

export type ClusterSettings = ValuesOf<typeof CLUSTER_SETTINGS>;
