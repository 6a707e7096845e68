import { fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { polaris } from '@thuban/proto';
import { type InstanceEntry, validateInstance } from '@thuban/registry-domain';
import { framed, type InstanceFrames, NO_FRAMES } from './instance-frames.js';

const PARTS = { head: Buffer.from('head'), tail: Buffer.from('tail') };

const framesOf = (previous: InstanceFrames, entries: readonly InstanceEntry[]): InstanceFrames => {
  const { whole, frames } = framed('log-1', previous, entries, PARTS);
  expect(whole).toEqual(Buffer.concat([PARTS.head, frames.bytes, PARTS.tail]));
  return frames;
};

const entry = (id: string, seq: number): InstanceEntry => {
  const read = validateInstance({ id, namespace: 'n', service: 's', host: `host-${seq}`, port: 80 });
  if (!read.ok) throw new Error(read.message);
  return { kind: 'instance', instance: read.value, incarnation: seq, seq, registeredAtMs: 0, changedAtMs: 0 };
};

/** A list of instances over time: each step registers (again) or deregisters one. */
const someHistory = fc.array(fc.record({ id: fc.nat(12), gone: fc.boolean() }), { maxLength: 40 }).map((steps) => {
  const now = new Map<string, InstanceEntry>();
  return steps.map(({ id, gone }, seq) => {
    const key = String.fromCharCode(97 + id);
    if (gone) now.delete(key);
    else now.set(key, entry(key, seq));
    return [...now.values()].sort((a, b) => (a.instance.id < b.instance.id ? -1 : 1));
  });
});

describe('frames made from the ones before', () => {
  it('are those made from nothing', () =>
    fc.assert(
      fc.property(someHistory, (history) => {
        let frames = NO_FRAMES;
        for (const entries of history) {
          frames = framesOf(frames, entries);
          expect(frames).toEqual(framesOf(NO_FRAMES, entries));
        }
      }),
    ));

  it('copy the bytes of what did not change', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id, i) => entry(id, i)) as [
      InstanceEntry,
      ...InstanceEntry[],
    ] as InstanceEntry[];
    const before = framesOf(NO_FRAMES, [a!, b!, c!, d!]);
    // Were `a` encoded again, its mark would be lost.
    before.bytes.writeUInt8(before.bytes.readUInt8(before.ends[0]! - 1) ^ 1, before.ends[0]! - 1);
    const after = framesOf(before, [a!, entry('b', 9), c!]);
    expect(after.bytes.subarray(0, after.ends[0])).toEqual(before.bytes.subarray(0, before.ends[0]));
    const read = fromBinary(polaris.DiscoverResponseSchema, after.bytes.subarray(after.ends[0]));
    expect(read.instances.map(({ id, host }) => [id, host])).toEqual([
      ['b', 'host-9'],
      ['c', 'host-2'],
    ]);
  });
});
