import type { Clock } from '@thuban/event-sourcing';
import type { KafkaClient } from './kafka-client.js';
import { KafkaAway } from './kafka-errors.js';

const CHECK_EVERY_MS = 10_000;

/**
 * Rejects when a partition holds records that have not come for a whole check, while others may come: kafkajs can lose one partition
 * for good (K5). Ends with the signal. `next`: the offset after the newest record that came, by partition; entries are added here.
 * @throws KafkaAway
 */
export const watchPartitions = async (
  client: Pick<KafkaClient, 'offsets'>,
  topic: string,
  next: Map<number, number>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> => {
  let before = new Map<number, { readonly next: number; readonly high: number }>();
  for (;;) {
    await clock.after(CHECK_EVERY_MS, signal);
    if (signal.aborted) return;
    const now: typeof before = new Map();
    for (const [partition, { high }] of (await client.offsets(topic)).entries()) {
      // Reading begins at the end; and a topic that was made again ends before it did.
      const at = Math.min(next.get(partition) ?? high, high);
      next.set(partition, at);
      const last = before.get(partition);
      if (last && at === last.next && at < last.high)
        throw new KafkaAway(
          `partition ${partition} of ${topic} has records up to offset ${high} that do not come after ${at}`,
        );
      now.set(partition, { next: at, high });
    }
    before = now;
  }
};
