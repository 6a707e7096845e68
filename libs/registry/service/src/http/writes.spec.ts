import { REGISTRY_LOG, REGISTRY_SHARDS } from '@thuban/events';
import { createCommitter } from '@thuban/event-sourcing';
import { createRegistryState, findNamespace, registryDecider } from '@thuban/registry-domain';
import { everythingIn, openMemoryLog } from '@thuban/testing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createInstance, createWrites } from './writes.js';

const serve = () => {
  const log = openMemoryLog({ name: REGISTRY_LOG, shards: REGISTRY_SHARDS });
  const state = createRegistryState();
  let commits = 0;
  const committer = createCommitter({
    log,
    decider: registryDecider,
    state,
    folded: Array.from({ length: REGISTRY_SHARDS }, () => 0),
    clock: { now: () => 1000 },
    afterPoll: setImmediate,
    newCommitId: () => `c-${++commits}`,
  });
  const writes = createWrites(committer, state);
  const reply = { status: () => undefined, header: () => undefined } as unknown as FastifyReply;
  return {
    state,
    post: (namespace: string, key: string, port = 80) => {
      const body = { host: '127.0.0.1', port };
      const url = `/v1/namespaces/${namespace}/services/echo/instances`;
      const request = { ip: '::1', id: 'r', method: 'POST', url, headers: { 'idempotency-key': key }, body };
      return writes.run(createInstance(namespace, 'echo', body), request as unknown as FastifyRequest, reply);
    },
    namespaces: async () =>
      (await everythingIn(log))
        .flat()
        .filter(({ type }) => type === 'NamespaceCreated')
        .map(({ data }) => (data as { name: string }).name)
        .sort(),
  };
};

describe('two first uses of one Idempotency-Key at the same moment', () => {
  it('for different namespaces: one is refused and leaves no namespace behind', async () => {
    const { post, namespaces, state } = serve();
    const [first, second] = await Promise.allSettled([post('a', 'k'), post('b', 'k')]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { reason: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await namespaces()).toEqual(['a']);
    expect(findNamespace(state, 'b')).toBeUndefined();
  });

  it('when the first of them is refused, the second registers', async () => {
    const { post, state } = serve();
    await post('a', 'before');
    const [first, second] = await Promise.allSettled([post('a', 'k'), post('b', 'k')]);
    expect(first).toMatchObject({ reason: { code: 'ALREADY_EXISTS' } });
    expect(second.status).toBe('fulfilled');
    expect(findNamespace(state, 'b')).toMatchObject({ services: 1 });
  });

  it('gives the key free again: a third use is decided by what is remembered', async () => {
    const { post, namespaces } = serve();
    await post('a', 'before');
    await expect(post('a', 'k')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    await post('b', 'k');
    expect(await namespaces()).toEqual(['a', 'b']);
  });
});
