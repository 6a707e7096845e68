import type { InstanceEntry } from '@thuban/registry-domain';
import { instanceBytes } from './instance-bytes.js';

/** The encoded instances of a service, in the order of `entries`; `ends[i]` is where the i-th stops. */
export interface InstanceFrames {
  readonly entries: readonly InstanceEntry[];
  readonly ends: Uint32Array;
  readonly bytes: Buffer;
}

export const NO_FRAMES: InstanceFrames = { entries: [], ends: new Uint32Array(), bytes: Buffer.alloc(0) };

/** Where each entry of `entries` is in `previous`, or -1. Both are in the order of ids; entries are immutable, so identity is equality. */
const placesIn = (previous: InstanceFrames, entries: readonly InstanceEntry[]): Int32Array => {
  const places = new Int32Array(entries.length).fill(-1);
  let at = 0;
  entries.forEach((entry, i) => {
    for (; at < previous.entries.length; at++) {
      const candidate = previous.entries[at] as InstanceEntry;
      if (candidate === entry) {
        places[i] = at++;
        return;
      }
      if (candidate.instance.id > entry.instance.id) return;
    }
  });
  return places;
};

const startOf = ({ ends }: InstanceFrames, place: number): number => (place === 0 ? 0 : (ends[place - 1] as number));

/** An answer in one piece, and the frames as a part of its memory, so that nothing is kept twice. */
export interface Framed {
  readonly whole: Buffer;
  readonly frames: InstanceFrames;
}

/**
 * Puts the instances between `head` and `tail`: encodes those that are new since `previous` and copies the bytes of the others, neighbours
 * in one go. Costs one encoding per change and one copy of the whole.
 */
export const framed = (
  logId: string,
  previous: InstanceFrames,
  entries: readonly InstanceEntry[],
  { head, tail }: { readonly head: Buffer; readonly tail: Buffer },
): Framed => {
  const places = placesIn(previous, entries);
  const ends = new Uint32Array(entries.length);
  const parts: Buffer[] = [];
  let length = 0;
  for (let i = 0; i < entries.length;) {
    const place = places[i] as number;
    if (place < 0) {
      const part = instanceBytes(logId, entries[i] as InstanceEntry);
      parts.push(part);
      ends[i++] = length += part.length;
      continue;
    }
    const start = startOf(previous, place);
    let end = start;
    for (let last = place; i < entries.length && places[i] === last; i++, last++) {
      end = previous.ends[last] as number;
      ends[i] = length + end - start;
    }
    parts.push(previous.bytes.subarray(start, end));
    length += end - start;
  }
  const whole = Buffer.concat([head, ...parts, tail], head.length + length + tail.length);
  return { whole, frames: { entries, ends, bytes: whole.subarray(head.length, head.length + length) } };
};
