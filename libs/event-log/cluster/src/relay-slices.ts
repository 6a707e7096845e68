import type { Recorded } from '@thuban/event-sourcing';
import type { OutgoingRecord } from './kafka-client.js';
import { toRecord, type LogIdentity } from './records.js';

/** What is sent at a time. */
export interface Slice {
  readonly events: readonly Recorded[];
  readonly records: readonly OutgoingRecord[];
}

const EVENTS_MAX = 1000;
const BYTES_MAX = 4 * 1024 * 1024;
/** Kafka limits what one partition is sent at a time; it is told 2 MiB, and a record may be nearly one. */
const PARTITION_CHARS_MAX = 512 * 1024;
const HEADER_CHARS = 600;

/** Cuts events, in order, into what Kafka takes at a time: at most 1000 events, 4 MiB, and 512 KiB of text for one partition unless one event has more. */
export function* slicesOf(log: LogIdentity, events: readonly Recorded[]): Generator<Slice> {
  let slice: { events: Recorded[]; records: OutgoingRecord[] } = { events: [], records: [] };
  let chars = 0;
  let perPartition = new Map<number, number>();
  for (const event of events) {
    const record = toRecord(log, event);
    const size = record.value.length + HEADER_CHARS;
    const inPartition = perPartition.get(event.shard) ?? 0;
    const full =
      slice.events.length >= EVENTS_MAX ||
      chars + size > BYTES_MAX ||
      (inPartition > 0 && inPartition + size > PARTITION_CHARS_MAX);
    if (full) {
      yield slice;
      slice = { events: [], records: [] };
      chars = 0;
      perPartition = new Map();
    }
    slice.events.push(event);
    slice.records.push(record);
    chars += size;
    perPartition.set(event.shard, (perPartition.get(event.shard) ?? 0) + size);
  }
  if (slice.events.length > 0) yield slice;
}
