import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { REGISTRY_LOG, REGISTRY_SHARDS, streamId, type Attempt } from '@thuban/events';
import { CommandRejected, createCommitter, LogUnavailable } from '@thuban/event-sourcing';
import { polaris } from '@thuban/proto';
import { createRegistryState, findInstance, findNamespace, instanceId, registryDecider } from '@thuban/registry-domain';
import { everythingIn, openMemoryLog } from '@thuban/testing';
import { createInstanceCalls, type Reply } from './instance-calls.js';

type InstanceInit = MessageInitShape<typeof polaris.InstanceSchema>;

const CALLER = { address: '10.0.0.9', meta: () => ({ actor: 'sdk:10.0.0.9', requestId: 'r-1' }) };
const ECHO = { namespace: 'default', service: 'echo', host: '127.0.0.1', port: 8080 };
const CHECKED: InstanceInit = { ...ECHO, enableHealthCheck: true, healthCheck: { type: 1, heartbeat: { ttl: 3 } } };

const bytesOf = (instance: InstanceInit): Buffer =>
  Buffer.from(toBinary(polaris.InstanceSchema, create(polaris.InstanceSchema, instance)));
const read = ({ bytes, code }: Reply): polaris.Response => {
  const response = fromBinary(polaris.ResponseSchema, bytes);
  expect(response.code).toBe(code);
  return response;
};

const serve = ({
  onRefused,
  ...options
}: { queuedCommandsMax?: number; onRefused?: (attempt: Attempt) => void } = {}) => {
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
    ...options,
  });
  const errors: unknown[] = [];
  const calls = createInstanceCalls({ committer, state, onError: (error) => errors.push(error), onRefused });
  return {
    log,
    state,
    errors,
    events: async () => (await everythingIn(log)).flat().map(({ type }) => type),
    register: async (instance: InstanceInit) => read(await calls.registerInstance(bytesOf(instance), CALLER)),
    deregister: async (instance: InstanceInit) => read(await calls.deregisterInstance(bytesOf(instance), CALLER)),
    heartbeat: (instance: InstanceInit) => read(calls.heartbeat(bytesOf(instance))),
    calls,
  };
};

describe('RegisterInstance', () => {
  it('creates namespace and service, and answers with the whole name of the instance', async () => {
    const { register, state, log, events } = serve();
    const id = instanceId(ECHO);
    expect(await register({ ...ECHO, vpcId: '' })).toMatchObject({ code: 200000, instance: { ...ECHO, id } });
    expect(findInstance(state, 'default', 'echo', id)?.instance).toMatchObject({ weight: 100, healthy: true });
    expect(findNamespace(state, 'default')).toMatchObject({ implied: false, services: 1 });
    expect((await events()).sort()).toEqual(['InstanceRegistered', 'NamespaceCreated', 'ServiceCreated']);
    const commitIds = new Set((await everythingIn(log)).flat().map(({ commitId }) => commitId));
    expect(commitIds.size).toBe(1);
  });

  it('records who it was', async () => {
    const { register, log } = serve();
    await register(ECHO);
    for (const { meta } of (await everythingIn(log)).flat())
      expect(meta).toEqual({ actor: 'sdk:10.0.0.9', requestId: 'r-1' });
  });

  it('honours an id and a VPC', async () => {
    const { register } = serve();
    expect(await register({ ...ECHO, id: 'default#echo#1', vpcId: 'v' })).toMatchObject({
      code: 200000,
      instance: { ...ECHO, id: 'default#echo#1', vpcId: 'v' },
    });
  });

  it('again with the same content writes nothing, with other content overwrites; both are 200000', async () => {
    const { register, state, events } = serve();
    const first = await register(CHECKED);
    expect(await register(CHECKED)).toEqual(first);
    expect(await events()).toHaveLength(3);
    expect(await register({ ...CHECKED, weight: 7 })).toEqual(first);
    expect(findInstance(state, 'default', 'echo', first.instance!.id!)).toMatchObject({ instance: { weight: 7 } });
  });

  it.each<[string, InstanceInit, number, RegExp]>([
    ['an empty namespace', { namespace: '' }, 400110, /^namespace must not be empty/],
    ['an empty service', { service: '' }, 400120, /^service must not be empty/],
    ['an empty host', { host: '' }, 400131, /^host must not be empty/],
    ['port 70000', { port: 70000 }, 400132, /^port must be from 0 to 65535, it is 70000/],
    ['a control character', { service: 'a\tb' }, 400120, /^service must not hold control/],
    [
      'a __proto__ key',
      { metadata: JSON.parse('{"__proto__":"x"}') },
      400150,
      /^metadata must not have the key "__proto__"/,
    ],
    [
      '65 pairs',
      { metadata: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, ''])) },
      400150,
      /64 pairs/,
    ],
  ])('refuses %s and writes nothing', async (_, wrong, code, info) => {
    const { register, events } = serve();
    expect(await register({ ...ECHO, ...wrong })).toMatchObject({ code, info: expect.stringMatching(info) });
    expect(await events()).toEqual([]);
  });

  it('refuses weight -1, which is on the wire as a negative varint', async () => {
    const { calls, events } = serve();
    const negative = [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    const weight = Buffer.from([0x4a, negative.length, ...negative]);
    const reply = read(await calls.registerInstance(Buffer.concat([bytesOf(ECHO), weight]), CALLER));
    expect(reply).toMatchObject({ code: 400103, info: expect.stringMatching(/^weight must be from 0 to 65535/) });
    expect(await events()).toEqual([]);
  });

  it.each([
    [{ enableHealthCheck: true, healthCheck: { type: 1, heartbeat: { ttl: 3 } } }, { ttlSeconds: 3 }],
    [{ healthCheck: { type: 1, heartbeat: { ttl: 0 } } }, { ttlSeconds: 5 }],
    [{ healthCheck: { heartbeat: { ttl: 61 } } }, { ttlSeconds: 5 }],
    [{ healthCheck: { heartbeat: {} } }, { ttlSeconds: 5 }],
    [{ enableHealthCheck: false, healthCheck: { type: 1, heartbeat: { ttl: 3 } } }, undefined],
    [{ enableHealthCheck: true }, undefined],
    [{ healthCheck: { type: 1 } }, undefined],
  ])('with %j is checked as %j', async (input, healthCheck) => {
    const { register, state } = serve();
    const { instance } = await register({ ...ECHO, ...(input as InstanceInit) });
    expect(findInstance(state, 'default', 'echo', instance!.id!)?.instance.healthCheck).toEqual(healthCheck);
  });

  it('with a store that fails is 500001, and nothing has been written', async () => {
    const { register, log, state } = serve();
    await log.close();
    expect(await register(ECHO)).toMatchObject({ code: 500001, instance: ECHO });
    expect(state.counts()).toMatchObject({ instances: 0, services: 0, namespaces: 0 });
  });

  it('when too much waits is 500000 and is not applied later (INV-18)', async () => {
    const { register, state } = serve({ queuedCommandsMax: 3 });
    const replies = await Promise.all(Array.from({ length: 9 }, (_, i) => register({ ...ECHO, port: i + 1 })));
    const done = replies.filter(({ code }) => code === 200000).map(({ instance }) => instance!.id);
    expect(new Set(replies.map(({ code }) => code))).toEqual(new Set([200000, 500000]));
    expect(state.instances('default', 'echo').map(({ instance }) => instance.id)).toEqual([...done].sort());
  });

  it('of bytes that are no Instance is 400001', async () => {
    const { calls, events } = serve();
    const reply = read(await calls.registerInstance(Buffer.from([0xff, 0xff]), CALLER));
    expect(reply).toMatchObject({ code: 400001, info: 'the request is no Instance message' });
    expect(await events()).toEqual([]);
  });
});

describe('DeregisterInstance', () => {
  it.each<[string, (id: string) => InstanceInit]>([
    ['its tuple', () => ECHO],
    ['its id alone', (id) => ({ id })],
    ['its id and service', (id) => ({ id, namespace: 'default', service: 'echo' })],
  ])('by %s removes it; again is 200000 too', async (_, ref) => {
    const { register, deregister, state, events } = serve();
    const { instance } = await register(ECHO);
    expect(await deregister(ref(instance!.id!))).toMatchObject({ code: 200000, instance: { id: instance!.id } });
    expect(state.counts().instances).toBe(0);
    const written = (await events()).length;
    expect(await deregister(ref(instance!.id!))).toMatchObject({ code: 200000 });
    expect(await events()).toHaveLength(written);
  });
  it('without a name is refused by field', async () =>
    expect(await serve().deregister({})).toMatchObject({ code: 400110, info: expect.stringContaining('namespace') }));
});

describe('Heartbeat', () => {
  it('of a known instance is 200000 by tuple or id, and is no event', async () => {
    const { register, heartbeat, events } = serve();
    const { instance } = await register(CHECKED);
    expect(heartbeat(ECHO)).toMatchObject({ code: 200000, instance: { id: instance!.id } });
    expect(heartbeat({ id: instance!.id! })).toMatchObject({ code: 200000, instance: ECHO });
    expect(await events()).toHaveLength(3);
  });
  it('of an unknown instance is exactly 400202, also after it deregistered', async () => {
    const { register, deregister, heartbeat } = serve();
    expect(heartbeat(ECHO)).toMatchObject({ code: 400202 });
    expect(heartbeat({ id: 'no' })).toMatchObject({ code: 400202 });
    await register(CHECKED);
    await deregister(ECHO);
    expect(heartbeat(ECHO)).toMatchObject({ code: 400202, instance: ECHO });
  });
  it('of an instance without a health check is 400140', async () => {
    const { register, heartbeat } = serve();
    await register(ECHO);
    expect(heartbeat(ECHO)).toMatchObject({ code: 400140 });
  });
});

describe('ReportClient', () => {
  const report = (client: MessageInitShape<typeof polaris.ClientSchema>) =>
    read(
      serve().calls.reportClient(
        Buffer.from(toBinary(polaris.ClientSchema, create(polaris.ClientSchema, client))),
        CALLER,
      ),
    );
  it('answers with host and a location that is there', () => {
    const location = { region: '', zone: '', campus: '' };
    expect(report({ host: '10.1.1.1', type: 1, version: '1.0' })).toMatchObject({
      code: 200000,
      client: { host: '10.1.1.1', location },
    });
    expect(report({})).toMatchObject({ code: 200000, client: { host: '10.0.0.9', location } });
  });
  it('refuses a host with control characters', () => expect(report({ host: 'a\nb' })).toMatchObject({ code: 400131 }));
});

describe('errors', () => {
  const calls = (error: unknown, errors: unknown[] = []) =>
    createInstanceCalls({
      committer: { handleCommand: () => Promise.reject(error) },
      state: createRegistryState(),
      onError: (each) => errors.push(each),
    });
  it.each([
    [new CommandRejected('FAILED_PRECONDITION', 'an alias', { reason: 'NAME_IS_ALIAS' }), 400502],
    [new CommandRejected('FAILED_PRECONDITION', 'two', { reason: 'INSTANCE_ID_AMBIGUOUS' }), 400130],
    [new CommandRejected('INVALID_ARGUMENT', 'too large'), 400000],
    [new CommandRejected('ABORTED', 'others'), 500000],
    [new CommandRejected('UNAVAILABLE', 'store'), 500001],
  ])('%s is %i', async (error, code) => {
    const reply = read(await calls(error).registerInstance(bytesOf(ECHO), CALLER));
    expect(reply).toMatchObject({ code, info: error.message });
  });
  it('of ours are 500000, are told to us and say nothing of themselves', async () => {
    const errors: unknown[] = [];
    const bug = new LogUnavailable('secret path');
    const reply = read(await calls(bug, errors).deregisterInstance(bytesOf(ECHO), CALLER));
    expect(reply).toMatchObject({ code: 500000, info: 'internal error' });
    expect(errors).toEqual([bug]);
  });
});

it('random bytes get an answer from every call, and write nothing', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
      const { calls, events } = serve();
      const buffer = Buffer.from(bytes);
      for (const reply of [
        await calls.registerInstance(buffer, CALLER),
        await calls.deregisterInstance(buffer, CALLER),
        calls.heartbeat(buffer),
        calls.reportClient(buffer, CALLER),
      ])
        expect(read(reply).info).not.toBe('internal error');
      expect(await events()).toEqual([]);
    }),
    { numRuns: 500 },
  ));

describe('whoever audits', () => {
  const attemptsWhen = async (error: Error, deregister = false): Promise<Attempt[]> => {
    const attempts: Attempt[] = [];
    const calls = createInstanceCalls({
      committer: { handleCommand: () => Promise.reject(error) },
      state: createRegistryState(),
      onError: () => undefined,
      onRefused: (attempt) => void attempts.push(attempt),
    });
    await (deregister ? calls.deregisterInstance : calls.registerInstance)(bytesOf(ECHO), CALLER);
    return attempts;
  };
  const SUBJECT = streamId('instance', 'default', 'echo', instanceId(ECHO));

  it.each([
    ['refused', 'NAME_IS_ALIAS', new CommandRejected('FAILED_PRECONDITION', 'no', { reason: 'NAME_IS_ALIAS' })],
    ['failed', 'UNAVAILABLE', new CommandRejected('UNAVAILABLE', 'the store is away')],
    ['failed', 'RESOURCE_EXHAUSTED', new CommandRejected('RESOURCE_EXHAUSTED', 'too many')],
  ])('is told once of a command that was %s: %s', async (outcome, reason, error) => {
    const said = { actor: 'sdk:10.0.0.9', requestId: 'r-1', subject: SUBJECT, outcome, reason, message: error.message };
    expect(await attemptsWhen(error)).toMatchObject([{ ...said, action: 'RegisterInstance' }]);
    expect(await attemptsWhen(error, true)).toMatchObject([{ ...said, action: 'DeregisterInstance' }]);
  });

  it('learns nothing of our insides', async () => {
    const [attempt] = await attemptsWhen(new LogUnavailable('secret path'));
    expect(attempt).toMatchObject({ outcome: 'failed' });
    expect(JSON.stringify(attempt)).not.toContain('secret');
  });

  it('is told of nothing that succeeded or that was no command', async () => {
    const attempts: Attempt[] = [];
    const { calls, register } = serve({ onRefused: (attempt) => void attempts.push(attempt) });
    expect(await register(ECHO)).toMatchObject({ code: 200000 });
    await calls.registerInstance(Buffer.from('no message'), CALLER);
    expect(attempts).toEqual([]);
  });
});
