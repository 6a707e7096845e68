import { GENESIS_HASH, type EventLog, type Tip } from '@thuban/event-sourcing';
import type { IncomingRecord, KafkaClient, OffsetRange } from './kafka-client.js';
import { placeOf, type Unusable } from './records.js';
import { PARTITION_EVENTS_MAX } from './relay-slices.js';

/** Where a relay goes on. */
export interface RelayPosition {
  /** Per shard the newest event that Kafka has for sure, with all before it. */
  readonly tips: readonly Tip[];
  /** Per partition the offset that the next record gets if nobody else sends. */
  readonly next: number[];
}

const NOWHERE: Tip = { seq: 0, hash: GENESIS_HASH };
/**
 * Records looked at in each partition. A relay that died in the very send that followed a loss has left at most one slice behind a gap;
 * the rest is room for duplicates and strangers.
 */
const LOOK_BACK = PARTITION_EVENTS_MAX + 64;

/**
 * The newest place up to which the records lack nothing: `[1, 2, 3, 6]` ends at 3. A partition that is there from its first record on
 * has to begin with seq 1, another one is believed up to where the records begin.
 */
const lastWithoutGap = (places: readonly Tip[], fromTheFirst: boolean): Tip | undefined => {
  const known = new Map(places.map((place) => [place.seq, place]));
  let last: Tip | undefined = fromTheFirst ? NOWHERE : places[0];
  for (let next = last; next; next = known.get(next.seq + 1)) last = next;
  return last;
};

/** The event that the log itself has at a place, or nothing: then Kafka has another history, of a store that was wiped or restored. */
const isOfLog = async (log: EventLog, shard: number, place: Tip): Promise<boolean> => {
  if (place.seq === 0) return true;
  const [event] = await log.read(shard, place.seq, 1);
  return event?.seq === place.seq && event.hash === place.hash;
};

/** Where a shard goes on, and what is strange about its partition. */
const tipOf = async (
  log: EventLog,
  shard: number,
  records: readonly IncomingRecord[],
): Promise<{ readonly tip: Tip; readonly strange?: string }> => {
  const found = records.map((record) => placeOf(log, shard, record));
  const places = found.filter((place): place is Tip => 'seq' in place);
  const [stranger] = found.filter((place): place is Unusable => 'problem' in place);
  const last = lastWithoutGap(places, (records[0]?.offset ?? 0) === 0 && stranger === undefined);
  if (!last) return { tip: NOWHERE, ...(stranger && { strange: stranger.why }) };
  if (await isOfLog(log, shard, last)) return { tip: last };
  return { tip: NOWHERE, strange: `event ${last.seq} is not the log's` };
};

/**
 * Looks where the partitions of a topic end. A shard whose partition is empty, or ends with another log's events, is published from its beginning.
 * @throws KafkaAway, LogUnavailable.
 */
export const reconcile = async (
  client: KafkaClient,
  topic: string,
  log: EventLog,
  onProblem: (what: string, error: unknown) => void,
): Promise<RelayPosition> => {
  const ranges = await client.offsets(topic);
  const wanted = ranges.map(({ low, high }): OffsetRange => ({ low: Math.max(low, high - LOOK_BACK), high }));
  const found = await client.records(topic, new Map(wanted.entries()));
  const tips: Tip[] = [];
  const complaints: string[] = [];
  for (let shard = 0; shard < log.shards; shard++) {
    const { tip, strange } = await tipOf(log, shard, found.get(shard) ?? []);
    tips.push(tip);
    if (strange !== undefined) complaints.push(`partition ${shard}: ${strange}`);
  }
  if (complaints.length > 0)
    onProblem(
      `the topic ${topic} holds what the log "${log.name}" (${log.id}) does not have, from another database under the same topic prefix or from before a backup was restored; those shards are published again from their beginning`,
      new Error(complaints.slice(0, 3).join('; ')),
    );
  return { tips, next: ranges.map(({ high }) => high) };
};
