import type { Consumer } from 'kafkajs';
import type { IncomingRecord, OffsetRange } from './kafka-client.js';
import { incoming } from './kafka-follow.js';

/**
 * Reads what is between two offsets of some partitions. kafkajs cannot fetch without a group, so this joins one for a moment.
 * Rejects with kafkajs's error; never resolves with less than was asked for.
 */
export const readRecords = async (
  consumer: Consumer,
  topic: string,
  ranges: ReadonlyMap<number, OffsetRange>,
): Promise<ReadonlyMap<number, readonly IncomingRecord[]>> => {
  const found = new Map<number, IncomingRecord[]>();
  const missing = new Set([...ranges].filter(([, { low, high }]) => low < high).map(([partition]) => partition));
  if (missing.size === 0) return found;
  for (const partition of missing) found.set(partition, []);
  const take = (partition: number, record: IncomingRecord): void => {
    const range = ranges.get(partition);
    const taken = found.get(partition);
    // A seek takes effect after the fetch under way: what comes from before it is not what was asked for.
    if (!range || !taken || record.offset < (taken.at(-1)?.offset ?? range.low - 1) + 1) return;
    if (record.offset < range.high) taken.push(record);
    if (record.offset >= range.high - 1) missing.delete(partition);
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: false });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload: { error } }) => reject(error));
      const running = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset }) => {
          for (const message of batch.messages) take(batch.partition, incoming(message));
          resolveOffset(batch.lastOffset());
          if (missing.size === 0) resolve();
        },
      });
      running
        .then(() => {
          for (const partition of missing)
            consumer.seek({ topic, partition, offset: String(ranges.get(partition)?.low) });
        })
        .catch(reject);
    });
    return found;
  } finally {
    await consumer.disconnect().catch(() => undefined);
  }
};
