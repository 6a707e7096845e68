import fc from 'fast-check';
import type { EventItem } from './api.js';
import { mergeShards } from './events.js';

const anEvent = (shard: number, seq: number, at: string, stream = 'instance/a/b/c'): EventItem => ({
  log: 'registry',
  shard,
  seq,
  stream,
  type: 'InstanceRegistered',
  at,
  data: {},
  meta: { actor: 'system', requestId: 'r' },
});
const placesOf = (events: readonly EventItem[]) => events.map(({ shard, seq }) => `${shard}/${seq}`);

describe('mergeShards', () => {
  it('follows the clock across shards, and puts a namespace before what came into it at the same moment', () => {
    const merged = mergeShards([
      [anEvent(0, 1, '10:00'), anEvent(0, 2, '10:02')],
      [anEvent(1, 1, '10:00', 'namespace/a'), anEvent(1, 2, '10:01')],
      [],
    ]);
    expect(placesOf(merged)).toEqual(['1/1', '0/1', '1/2', '0/2']);
  });

  it('loses nothing and keeps the order of each shard, also when the clock was set back', () => {
    const times = fc.array(fc.array(fc.nat(9), { maxLength: 6 }), { maxLength: 4 });
    fc.assert(
      fc.property(times, (all) => {
        const shards = all.map((ats, shard) => ats.map((at, i) => anEvent(shard, i + 1, String(at))));
        const merged = mergeShards(shards);
        expect(merged).toHaveLength(shards.flat().length);
        shards.forEach((events, shard) => expect(merged.filter((event) => event.shard === shard)).toEqual(events));
      }),
    );
  });
});
