import { anInstance, recorded } from '@thuban/testing';
import { createWatched } from './watched.js';

describe('the watched instances', () => {
  const healthCheck = { ttlSeconds: 5 };

  it('are those that registered with a health check, until they are gone', () => {
    const watched = createWatched();
    watched.fold(
      recorded([
        { type: 'InstanceRegistered', data: anInstance({ id: 'a', healthCheck }) },
        { type: 'InstanceRegistered', data: anInstance({ id: 'b' }) },
      ]),
    );
    expect(watched.count()).toBe(1);
    expect(watched.ttlSeconds('default', 'echo', 'a')).toBe(5);
    expect(watched.ttlSeconds('default', 'echo', 'b')).toBeUndefined();
    watched.fold(
      recorded([{ type: 'InstanceDeregistered', data: { namespace: 'default', service: 'echo', id: 'a' } }]),
    );
    expect(watched.count()).toBe(0);
  });

  it('follow a change of the time to live, and of whether there is one', () => {
    const watched = createWatched();
    const register = (ttlSeconds?: number) =>
      watched.fold(
        recorded([{ type: 'InstanceRegistered', data: anInstance(ttlSeconds ? { healthCheck: { ttlSeconds } } : {}) }]),
      );
    register(5);
    register(30);
    expect(watched.ttlSeconds('default', 'echo', 'i-1')).toBe(30);
    register();
    expect(watched.count()).toBe(0);
  });
});
