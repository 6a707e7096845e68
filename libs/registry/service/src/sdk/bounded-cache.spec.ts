import fc from 'fast-check';
import { boundedCache } from './bounded-cache.js';

describe('a bounded cache', () => {
  it('stays within its bytes whatever is put in (INV-17)', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 60 })), { maxLength: 200 }), (puts) => {
        const cache = boundedCache<{ byteLength: number }>(100);
        for (const [key, byteLength] of puts) {
          const value = { byteLength };
          cache.put(String(key), value);
          expect(cache.get(String(key))).toBe(value);
          expect(cache.stats().bytes).toBeLessThanOrEqual(100);
        }
      }),
    ));
  it('keeps the newest even when it is too large on its own, and lets it go for the next', () => {
    const cache = boundedCache<{ byteLength: number }>(100);
    cache.put('a', { byteLength: 500 });
    expect(cache.stats()).toEqual({ entries: 1, bytes: 500 });
    cache.put('b', { byteLength: 1 });
    expect(cache.stats()).toEqual({ entries: 1, bytes: 1 });
  });
  it('forgets what is dropped', () => {
    const cache = boundedCache<{ byteLength: number }>(100);
    cache.put('a', { byteLength: 5 });
    cache.drop('a');
    cache.drop('a');
    expect(cache.get('a')).toBeUndefined();
    expect(cache.stats()).toEqual({ entries: 0, bytes: 0 });
  });
});
