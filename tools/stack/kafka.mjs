// The broker of the cluster: one Kafka node in KRaft mode on loopback, from the jars of its Maven artifacts.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fillOnce } from './cache.mjs';
import { onPath, run, Unavailable } from './run.mjs';

const VERSION = '3.9.1';
const SLF4J = '1.7.36'; // the line that Kafka 3.9 is built against

const dependency = (group, artifact, version) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>dev.thuban</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependency('org.apache.kafka', 'kafka_2.13', VERSION)}${dependency('org.slf4j', 'slf4j-simple', SLF4J)}</dependencies>
</project>
`;

const jarsFolder = () => join(cacheFolder(), `kafka-${VERSION}`);

const java = () => (process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : onPath('java'));

const missing = () => {
  if (!existsSync(java() ?? ''))
    return 'Kafka: it runs on Java 11 or newer, and there is no java in JAVA_HOME or on PATH.';
  if (!existsSync(jarsFolder()) && !onPath('mvn'))
    return `Kafka: its jars are fetched into ${jarsFolder()} with Maven, and there is no mvn on PATH.`;
  return undefined;
};

const fetchJars = async (folder) => {
  console.error(`Fetching Kafka ${VERSION} (46 MB) into ${folder}`);
  await fillOnce(folder, async (scratch) => {
    const pom = join(scratch, 'pom.xml');
    writeFileSync(pom, POM);
    // -C: a jar whose checksum is not the published one fails the run.
    const copy = [
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${join(scratch, 'lib')}`,
    ];
    await run(onPath('mvn'), ['-q', '-B', '-C', '-f', pom, ...copy]);
  });
};

const PROPERTIES = ({ folder, ports }) => `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${ports.kafkaController}
listeners=PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports.kafka}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${join(folder, 'data')}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;

const propertiesFile = ({ folder }) => join(folder, 'server.properties');

const MEMORY = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC'];

const javaArgs = ({ software, logLevel = 'warn' }) => [
  `-Dorg.slf4j.simpleLogger.defaultLogLevel=${logLevel}`,
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
  '-cp',
  `${software.lib}/*`,
];

// Kafka's own form: 16 random bytes in URL-safe Base64. One that begins with "-" would be read as an option.
const clusterId = () => {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
};

/** One Kafka broker that is its own controller. It creates no topics by itself. */
export const kafka = {
  name: 'kafka',
  title: 'Kafka',
  ports: { kafka: 19092, kafkaController: 19093 },
  needs: [],
  missing,
  obtain: async () => {
    if (missing()) throw new Unavailable(missing());
    if (!existsSync(jarsFolder())) await fetchJars(jarsFolder());
    return { java: java(), lib: join(jarsFolder(), 'lib') };
  },
  prepare: async (context) => {
    mkdirSync(context.folder, { recursive: true });
    writeFileSync(propertiesFile(context), PROPERTIES(context)); // each time: the ports may be others
    const format = ['format', '--ignore-formatted', '-t', clusterId(), '-c', propertiesFile(context)];
    if (!existsSync(join(context.folder, 'data/meta.properties')))
      await run(context.software.java, [...javaArgs(context), 'kafka.tools.StorageTool', ...format]);
  },
  command: (context) => ({
    command: context.software.java,
    args: [...MEMORY, ...javaArgs(context), 'kafka.Kafka', propertiesFile(context)],
  }),
  ask: async ({ ports }) => {
    const { Kafka, logLevel } = (await import('kafkajs')).default;
    const client = new Kafka({
      clientId: 'thuban-stack',
      brokers: [`127.0.0.1:${ports.kafka}`],
      logLevel: logLevel.NOTHING,
      connectionTimeout: 2000,
      requestTimeout: 5000,
      retry: { retries: 0 },
    });
    const admin = client.admin();
    try {
      await admin.connect();
      const { brokers, controller } = await admin.describeCluster();
      if (brokers.length === 0 || controller === null) throw new Error('it has no controller yet');
    } finally {
      await admin.disconnect().catch(() => {});
    }
  },
  facts: ({ ports }) => ({ kafkaBrokers: [`127.0.0.1:${ports.kafka}`] }),
};
