import { GENESIS_HASH, type EventLog, type Tip } from '@thuban/event-sourcing';
import type { IncomingRecord, KafkaClient, OffsetRange } from './kafka-client.js';
import { placeOf, type Unusable } from './records.js';

/** Where a relay goes on. */
export interface RelayPosition {
  /** Per shard the newest event that Kafka has for sure, with all before it. */
  readonly tips: readonly Tip[];
  /** Per partition the offset that the next record gets if nobody else sends. */
  readonly next: number[];
}

const NOWHERE: Tip = { seq: 0, hash: GENESIS_HASH };
/** Records that are looked through when the last one is not ours. */
const LOOK_BACK = 200;

/** The newest record that stands somewhere in the log, or why the newest of all does not. */
const newestPlace = (log: EventLog, shard: number, records: readonly IncomingRecord[]): Tip | Unusable => {
  const places = records.map((record) => placeOf(log, shard, record)).reverse();
  return places.find((place): place is Tip => 'seq' in place) ?? (places[0] as Unusable);
};

/** The event that the log itself has at a place, or nowhere: then Kafka has another history, of a store that was wiped or restored. */
const confirmed = async (log: EventLog, shard: number, place: Tip): Promise<Tip | undefined> => {
  const [event] = await log.read(shard, place.seq, 1);
  return event?.seq === place.seq && event.hash === place.hash ? place : undefined;
};

/**
 * Looks where the partitions of a topic end. What was sent before may have been lost, also in the middle: `validEnds` says
 * up to which offset to believe a partition.
 * A shard whose partition is empty, or ends with another log's events, is published from its beginning.
 * @throws KafkaAway, LogUnavailable.
 */
export const reconcile = async (
  client: KafkaClient,
  topic: string,
  log: EventLog,
  validEnds: ReadonlyMap<number, number>,
  onProblem: (what: string, error: unknown) => void,
): Promise<RelayPosition> => {
  const ranges = await client.offsets(topic);
  const ends = ranges.map(({ low, high }, partition) => ({
    low,
    high: Math.min(high, validEnds.get(partition) ?? high),
  }));
  const lastRecords = (
    count: number,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, readonly IncomingRecord[]>> => {
    const wanted = new Map<number, OffsetRange>();
    for (const partition of partitions) {
      const { low, high } = ends[partition] ?? { low: 0, high: 0 };
      wanted.set(partition, { low: Math.max(low, high - count), high });
    }
    return client.records(topic, wanted);
  };

  const places = new Map<number, Tip | Unusable>();
  const look = async (count: number, partitions: readonly number[]): Promise<void> => {
    const found = await lastRecords(count, partitions);
    for (const [shard, records] of found) if (records.length > 0) places.set(shard, newestPlace(log, shard, records));
  };
  await look(1, [...ends.keys()]);
  const unclear = [...places].filter(([, place]) => 'problem' in place).map(([shard]) => shard);
  if (unclear.length > 0) await look(LOOK_BACK, unclear);

  const tips: Tip[] = [];
  const strange: string[] = [];
  for (let shard = 0; shard < log.shards; shard++) {
    const place = places.get(shard);
    const tip = place && 'seq' in place ? await confirmed(log, shard, place) : undefined;
    if (place && !tip)
      strange.push(`partition ${shard}: ${'seq' in place ? `event ${place.seq} is not the log's` : place.why}`);
    tips.push(tip ?? NOWHERE);
  }
  if (strange.length > 0)
    onProblem(
      `the topic ${topic} holds what the log "${log.name}" (${log.id}) does not have, from another database under the same topic prefix or from before a backup was restored; those shards are published again from their beginning`,
      new Error(strange.slice(0, 3).join('; ')),
    );
  return { tips, next: ranges.map(({ high }) => high) };
};
