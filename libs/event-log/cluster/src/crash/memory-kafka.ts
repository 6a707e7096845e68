import type { IncomingRecord, KafkaClient } from '../kafka-client.js';
import { KafkaAway } from '../kafka-errors.js';

/** What happens to the next requests: they never arrive, or they are carried out and the answer is lost. */
export type Fate = 'works' | 'dropped' | 'unanswered';

/** One topic of a broker in memory, as faulty as it is told to be. */
export interface MemoryKafka {
  connect(): KafkaClient;
  /** What the topic holds, by partition. */
  readonly partitions: readonly IncomingRecord[][];
  fate(fate: Fate): void;
  /** Forgets the newest records of a partition, as a broker without its replicas may after a power loss. */
  loseTail(partition: number, count: number): void;
}

/** @example const kafka = memoryKafka(4); const client = kafka.connect(); */
export const memoryKafka = (count: number): MemoryKafka => {
  const partitions = Array.from({ length: count }, (): IncomingRecord[] => []);
  let fate: Fate = 'works';

  const carryOut = async <R>(isAlive: () => boolean, work: () => R): Promise<R> => {
    await new Promise(setImmediate);
    if (!isAlive() || fate === 'dropped') throw new KafkaAway('the request did not arrive');
    const answer = work();
    await new Promise(setImmediate);
    if (!isAlive() || fate === 'unanswered') throw new KafkaAway('the answer was lost');
    return answer;
  };

  const connect = (): KafkaClient => {
    let alive = true;
    const ask = <R>(work: () => R): Promise<R> => carryOut(() => alive, work);
    return {
      partitions: () => ask(() => count),
      createTopics: () => ask(() => undefined),
      offsets: () => ask(() => partitions.map(({ length }) => ({ low: 0, high: length }))),
      records: (_, ranges) =>
        ask(
          () => new Map([...ranges].map(([each, { low, high }]) => [each, (partitions[each] ?? []).slice(low, high)])),
        ),
      send: (_, records) =>
        ask(() => {
          const bases = new Map<number, number>();
          for (const { partition, value, headers } of records) {
            const into = partitions[partition] ?? [];
            if (!bases.has(partition)) bases.set(partition, into.length);
            into.push({ offset: into.length, value: Buffer.from(value), headers });
          }
          return bases;
        }),
      follow: () => Promise.reject(new KafkaAway('nobody follows a broker in memory')),
      destroy: () => (alive = false),
    };
  };
  return {
    connect,
    partitions,
    fate: (next) => (fate = next),
    loseTail: (partition, lost) => void partitions[partition]?.splice(-lost || Infinity),
  };
};
