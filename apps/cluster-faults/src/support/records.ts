import { Kafka, logLevel } from 'kafkajs';
import { REGISTRY_LOG } from '@thuban/events';
import type { Cluster } from './cluster.js';

const textOf = (header: unknown): string => String(header);

/**
 * Reads the registry's topic from offset 0 as an outsider does, and drops duplicates by seq.
 * @returns the hashes by shard, in the order of seq.
 * @throws Error when a seq is missing between two that are there, or two records of one seq differ.
 */
export const recordsOf = async (cluster: Cluster, shards: number): Promise<readonly (readonly string[])[]> => {
  const brokers = [...cluster.stack.kafkaBrokers];
  const kafka = new Kafka({ clientId: 'checker', brokers, logLevel: logLevel.NOTHING });
  const topic = `${cluster.topicPrefix}.${REGISTRY_LOG}.v1`;
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
  await admin.disconnect();
  const found = Array.from({ length: shards }, () => new Map<number, string>());
  const groupId = `checker-${Date.now()}-${Math.random()}`;
  const consumer = kafka.consumer({ groupId });
  const left = new Set([...ends].filter(([, end]) => end > 0).map(([partition]) => partition));
  let failure: Error | undefined;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((done, fail) => {
    if (left.size === 0) return done();
    consumer
      .run({
        eachMessage: async ({ partition, message }) => {
          const seq = Number(textOf(message.headers?.['seq']));
          const hash = textOf(message.headers?.['hash']);
          const of = found[partition]!;
          if (of.has(seq) && of.get(seq) !== hash)
            failure = new Error(`INV-4: two records of ${partition}/${seq} differ`);
          of.set(seq, hash);
          if (Number(message.offset) + 1 >= (ends.get(partition) ?? 0)) left.delete(partition);
          if (left.size === 0) done();
        },
      })
      .catch(fail);
  });
  await consumer.disconnect();
  if (failure) throw failure;
  return found.map((of, shard) => {
    const seqs = [...of.keys()].sort((a, b) => a - b);
    const gap = seqs.findIndex((seq, at) => at > 0 && seq !== seqs[at - 1]! + 1);
    if (gap > 0) throw new Error(`INV-3: the topic has ${shard}/${seqs[gap - 1]}, then ${shard}/${seqs[gap]}`);
    return seqs.map((seq) => of.get(seq)!);
  });
};
