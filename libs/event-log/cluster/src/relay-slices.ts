import type { Recorded } from '@thuban/event-sourcing';
import type { OutgoingRecord } from './kafka-client.js';
import { toRecord, type LogIdentity } from './records.js';

/** What is sent at a time. */
export interface Slice {
  readonly events: readonly Recorded[];
  readonly records: readonly OutgoingRecord[];
}

const EVENTS_MAX = 1000;
/** Of one partition: what a relay may leave behind a gap when it dies, so this much is looked at when the next one starts. */
export const PARTITION_EVENTS_MAX = 256;
const BYTES_MAX = 4 * 1024 * 1024;
/** Kafka limits what one partition is sent at a time; it is told 2 MiB, and a record may be nearly one. */
const PARTITION_CHARS_MAX = 512 * 1024;
const HEADER_CHARS = 600;

interface Filling {
  readonly events: Recorded[];
  readonly records: OutgoingRecord[];
  chars: number;
  readonly perPartition: Map<number, { events: number; chars: number }>;
}

const emptySlice = (): Filling => ({ events: [], records: [], chars: 0, perPartition: new Map() });

const hasRoom = ({ events, chars, perPartition }: Filling, shard: number, size: number): boolean => {
  const own = perPartition.get(shard);
  if (events.length >= EVENTS_MAX || chars + size > BYTES_MAX) return events.length === 0;
  return !own || (own.events < PARTITION_EVENTS_MAX && own.chars + size <= PARTITION_CHARS_MAX);
};

const fill = (slice: Filling, event: Recorded, record: OutgoingRecord, size: number): void => {
  const own = slice.perPartition.get(event.shard) ?? { events: 0, chars: 0 };
  slice.perPartition.set(event.shard, { events: own.events + 1, chars: own.chars + size });
  slice.events.push(event);
  slice.records.push(record);
  slice.chars += size;
};

/** Cuts events, in order, into what Kafka takes at a time: 1000 events, 4 MiB; for one partition 256 events, and 512 KiB of text or a single event. */
export function* slicesOf(log: LogIdentity, events: readonly Recorded[]): Generator<Slice> {
  let slice = emptySlice();
  for (const event of events) {
    const record = toRecord(log, event);
    const size = record.value.length + HEADER_CHARS;
    if (!hasRoom(slice, event.shard, size)) {
      yield slice;
      slice = emptySlice();
    }
    fill(slice, event, record, size);
  }
  if (slice.events.length > 0) yield slice;
}
