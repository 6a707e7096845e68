import { isNativeError } from 'node:util/types';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import type { RegistryEvent } from '@thuban/events';
import { foldInto, type Recorded } from '@thuban/event-sourcing';
import { polaris } from '@thuban/proto';
import {
  createRegistryState,
  evolve,
  type Input,
  undescribedNamespace,
  undescribedService,
  validateInstance,
} from '@thuban/registry-domain';
import { partBytes } from './answer-bytes.js';
import { createDiscoverAnswers, decodeDiscoverRequest } from './discover-answers.js';
import type { RoutingSource } from './rule-answers.js';

const Type = polaris.DiscoverRequest_DiscoverRequestType;
type Request = MessageInitShape<typeof polaris.DiscoverRequestSchema>;

const registered = (input: Input<Record<string, unknown>> = {}): RegistryEvent => {
  const read = validateInstance({
    id: 'i-1',
    namespace: 'default',
    service: 'echo',
    host: '127.0.0.1',
    port: 80,
    ...input,
  });
  if (!read.ok) throw new Error(read.message);
  return { type: 'InstanceRegistered', data: read.value };
};
const SERVICE: RegistryEvent = {
  type: 'ServiceCreated',
  data: { ...undescribedService('default', 'echo'), metadata: { team: 'a' }, business: 'shop' },
};
const ALIAS = {
  type: 'AliasCreated' as const,
  data: { namespace: 'web', name: 'e', targetNamespace: 'default', targetService: 'echo', comment: '', owners: '' },
};

const world = (options: { logId?: string; bytesMax?: number; routing?: RoutingSource } = {}) => {
  const state = createRegistryState();
  const answers = createDiscoverAnswers({ state, logId: 'log-1', ...options });
  let seq = 0;
  const ask = (request: Request) => {
    const { bytes, code, outcome } = answers.answer(create(polaris.DiscoverRequestSchema, request));
    const response = fromBinary(polaris.DiscoverResponseSchema, bytes);
    expect(response.code).toBe(code);
    expect(response.service).toBeDefined();
    return { response, bytes, code, outcome, revision: response.service?.revision };
  };
  return {
    state,
    answers,
    ask,
    instances: (name = 'echo', with_: object = {}) =>
      ask({ type: Type.INSTANCE, service: { namespace: 'default', name, ...with_ } }),
    happens: (...events: RegistryEvent[]) =>
      foldInto(
        state,
        evolve,
        events.map(
          (event) => ({ ...event, shard: 0, seq: ++seq, timeMs: 1_700_000_000_000 + seq }) as Recorded<RegistryEvent>,
        ),
      ),
  };
};

describe('INSTANCE', () => {
  it('of an unknown service is 400202 under the asked names, without a revision', () => {
    const { ask, answers } = world();
    const { response, code } = ask({
      type: Type.INSTANCE,
      service: { namespace: 'default', name: 'no', revision: 'mine' },
    });
    expect(code).toBe(400202);
    expect(response).toMatchObject({ type: 1, service: { namespace: 'default', name: 'no' }, instances: [] });
    expect(response.service?.revision).toBeUndefined();
    expect(answers.stats()).toEqual({ entries: 0, bytes: 0 });
  });

  it('of an empty service is 200000 with a revision', () => {
    const { happens, instances } = world();
    happens(SERVICE);
    expect(instances()).toMatchObject({
      code: 200000,
      outcome: 'changed',
      revision: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(instances().response.instances).toEqual([]);
  });

  it('fills every field, and protocol, version and location into the metadata', () => {
    const { happens, instances } = world();
    const location = { region: 'r', zone: 'z', campus: '' };
    const input = {
      protocol: 'grpc',
      version: '1.2',
      location,
      metadata: { version: 'mine', env: 'prod' },
      healthCheck: { ttlSeconds: 7 },
    };
    happens(SERVICE, registered({ ...input, weight: 0, vpcId: 'v' }));
    expect(instances().response.instances[0]).toMatchObject({
      id: 'i-1',
      service: 'echo',
      namespace: 'default',
      host: '127.0.0.1',
      port: 80,
      protocol: 'grpc',
      version: '1.2',
      weight: 0,
      priority: 0,
      healthy: true,
      isolate: false,
      location,
      metadata: { protocol: 'grpc', version: '1.2', region: 'r', zone: 'z', env: 'prod' },
      ctime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      mtime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      revision: expect.stringMatching(/^[0-9a-f]{16}$/),
      vpcId: 'v',
      enableHealthCheck: true,
      healthCheck: { type: 1, heartbeat: { ttl: 7 } },
    });
    expect(instances().response.service).toMatchObject({ name: 'echo', metadata: { team: 'a' }, business: 'shop' });
  });

  it('delivers unhealthy, isolated and weightless instances too', () => {
    const { happens, instances } = world();
    happens(
      registered({ id: 'a', healthy: false }),
      registered({ id: 'b', isolated: true }),
      registered({ id: 'c', weight: 0 }),
    );
    expect(
      instances().response.instances.map(({ id, healthy, isolate, weight }) => [id, healthy, isolate, weight]),
    ).toEqual([
      ['a', false, false, 100],
      ['b', true, true, 100],
      ['c', true, false, 0],
    ]);
  });

  it('with the newest revision is 200001 and carries nothing; without one it never is', () => {
    const { happens, instances } = world();
    happens(registered());
    const { revision } = instances();
    const same = instances('echo', { revision });
    expect(same).toMatchObject({ code: 200001, outcome: 'unchanged', revision });
    expect(same.response.instances).toEqual([]);
    expect(instances('echo', { revision: '' }).code).toBe(200000);
    expect(instances('echo', { revision: 'old' }).code).toBe(200000);
  });

  it('changes its revision with every event of the service or its instances and with nothing else', () => {
    const { happens, instances } = world();
    const revisions = [registered(), registered({ weight: 1 }), SERVICE, registered({ id: 'i-2' })].map((event) => {
      happens(event);
      return instances().revision;
    });
    happens({ type: 'InstanceDeregistered', data: { namespace: 'default', service: 'echo', id: 'i-2' } });
    revisions.push(instances().revision);
    expect(new Set(revisions).size).toBe(revisions.length);
    happens(ALIAS, registered({ service: 'other' }), { type: 'NamespaceCreated', data: undescribedNamespace('x') });
    expect(instances().revision).toBe(revisions.at(-1));
  });

  it('never repeats a revision after a wipe: another log has others', () => {
    const [one, two] = [world({ logId: 'log-1' }), world({ logId: 'log-2' })];
    for (const { happens } of [one, two]) happens(registered());
    expect(one.instances().revision).not.toBe(two.instances().revision);
  });

  it('does not answer an old revision when a service is deleted and made again', () => {
    const { happens, instances } = world();
    happens(SERVICE);
    const { revision } = instances();
    happens({ type: 'ServiceDeleted', data: { namespace: 'default', name: 'echo' } });
    expect(instances('echo', { revision }).code).toBe(400202);
    happens(SERVICE);
    expect(instances('echo', { revision }).code).toBe(200000);
  });

  it('answers an alias under its own name and says what it is for', () => {
    const { happens, ask, instances } = world();
    happens(registered(), ALIAS);
    const alias = ask({ type: Type.INSTANCE, service: { namespace: 'web', name: 'e' } });
    expect(alias.response).toMatchObject({
      service: { namespace: 'web', name: 'e' },
      aliasFor: { namespace: 'default', name: 'echo' },
      instances: [{ id: 'i-1', namespace: 'default', service: 'echo' }],
    });
    expect(instances().response.aliasFor).toBeUndefined();
    happens({ type: 'AliasDeleted', data: { namespace: 'web', name: 'e' } });
    expect(ask({ type: Type.INSTANCE, service: { namespace: 'web', name: 'e' } }).code).toBe(400202);
  });

  it('takes an absent namespace for the default one and leaves it out of the echo', () => {
    const { happens, ask } = world();
    happens(registered());
    const { response, code } = ask({ type: Type.INSTANCE, service: { name: 'echo' } });
    expect(code).toBe(200000);
    expect(response.service).toMatchObject({ name: 'echo' });
    expect(response.service?.namespace).toBeUndefined();
    expect(response.aliasFor).toBeUndefined();
  });

  it.each([{}, { service: {} }, { service: { namespace: 'default' } }])('without a name is 400120: %j', (request) => {
    const { response, code } = world().ask({ type: Type.INSTANCE, ...request });
    expect(code).toBe(400120);
    expect(response.info).toContain('service.name');
  });

  it('hands out the same bytes until something changes, and keeps them bounded (INV-17)', () => {
    const { happens, instances, answers } = world({ bytesMax: 20_000 });
    happens(registered());
    const { answer } = answers;
    const request = create(polaris.DiscoverRequestSchema, { type: 1, service: { namespace: 'default', name: 'echo' } });
    expect(answer(request).bytes).toBe(answer(request).bytes);
    for (let i = 0; i < 200; i++) {
      happens(registered({ service: `s-${i}` }));
      expect(instances(`s-${i}`).code).toBe(200000);
      expect(answers.stats().bytes).toBeLessThanOrEqual(20_000);
    }
    expect(instances().response.instances).toHaveLength(1);
  });
});

describe('the direction of a request', () => {
  it.each([Type.INSTANCE, Type.ROUTING, Type.SERVICES, 77])('is echoed for type %i', (type) => {
    const { happens, ask } = world();
    happens(registered());
    const service = { namespace: 'default', name: 'echo' };
    expect(ask({ type, service, Direction: polaris.TrafficDirection.Caller }).response.Direction).toBe(1);
    expect(ask({ type, service }).response.Direction).toBe(0);
  });
});

const RULE_TYPES = [3, 4, 5, 13, 100, 101, 102, 103, 104, 105, 106];

describe('routing from a source', () => {
  /** Seqs by service, as rules would touch them; counts how often bytes were made. */
  const source = (seqs: Record<string, number>) => {
    const made: string[] = [];
    const routing: RoutingSource = {
      touchedSeq: (namespace, service) => seqs[`${namespace}/${service}`] ?? 0,
      revision: (namespace, service) => `${namespace}/${service}@${seqs[`${namespace}/${service}`]}`,
      bytes: (namespace, service) => {
        made.push(`${namespace}/${service}`);
        const revision = routing.revision(namespace, service);
        return partBytes({ routing: { namespace, service, revision, inbounds: [{ destinations: [{ service }] }] } });
      },
    };
    return { routing, made, seqs };
  };
  const routingOf = (name: string, with_: object = {}): Request => ({
    type: Type.ROUTING,
    service: { namespace: 'default', name, ...with_ },
  });

  it('is answered with the same revision for the service and in the routing', () => {
    const { ask } = world({ routing: source({ 'default/echo': 5 }).routing });
    expect(ask(routingOf('echo')).response).toMatchObject({
      code: 200000,
      type: Type.ROUTING,
      service: { namespace: 'default', name: 'echo', revision: 'default/echo@5' },
      routing: { service: 'echo', revision: 'default/echo@5', inbounds: [{ destinations: [{ service: 'echo' }] }] },
    });
    expect(ask(routingOf('echo', { revision: 'default/echo@5' }))).toMatchObject({
      code: 200001,
      outcome: 'unchanged',
    });
  });

  it('is the empty set of all others while nothing touched the service, and for other types', () => {
    const { routing } = source({ 'default/echo': 5 });
    expect(world({ routing }).ask(routingOf('other')).bytes).toEqual(world().ask(routingOf('other')).bytes);
    const limits = { type: Type.RATE_LIMIT, service: { namespace: 'default', name: 'echo' } };
    expect(world({ routing }).ask(limits).bytes).toEqual(world().ask(limits).bytes);
  });

  it('is made once per change for a service that exists', () => {
    const { routing, made, seqs } = source({ 'default/echo': 5 });
    const { ask, happens } = world({ routing });
    happens(SERVICE);
    for (let i = 0; i < 3; i++) ask(routingOf('echo'));
    expect(made).toEqual(['default/echo']);
    seqs['default/echo'] = 6;
    expect(ask(routingOf('echo', { revision: 'default/echo@5' }))).toMatchObject({
      code: 200000,
      revision: 'default/echo@6',
    });
    expect(made).toHaveLength(2);
  });

  it('of a service that nobody registered leaves nothing behind, and is not made for those who have it', () => {
    const { routing, made } = source({ 'default/web': 5 });
    const { ask, answers } = world({ routing });
    expect(ask(routingOf('web')).response.routing?.inbounds).toHaveLength(1);
    expect(ask(routingOf('web', { revision: 'default/web@5' })).code).toBe(200001);
    expect(made).toHaveLength(1);
    expect(answers.stats()).toEqual({ entries: 0, bytes: 0 });
  });

  it('of an alias is that of the service behind it, also after it was moved to another at the same seq', () => {
    const { routing } = source({ 'default/echo': 5, 'default/db': 5 });
    const { ask, happens } = world({ routing });
    const asked: Request = { type: Type.ROUTING, service: { namespace: 'web', name: 'e' } };
    happens(SERVICE, ALIAS);
    expect(ask(asked)).toMatchObject({ response: { service: { name: 'e' } }, revision: 'default/echo@5' });
    happens({ type: 'AliasCreated', data: { ...ALIAS.data, targetService: 'db' } });
    expect(ask(asked)).toMatchObject({ response: { service: { name: 'e' } }, revision: 'default/db@5' });
  });
});

describe('rules, while there are none', () => {
  it.each(RULE_TYPES)('type %i: success for a service that does not exist, then unchanged', (type) => {
    const { ask } = world();
    const first = ask({ type, service: { namespace: 'n', name: 's' } });
    expect(first).toMatchObject({ code: 200000, response: { type, service: { namespace: 'n', name: 's' } } });
    expect(first.revision).toMatch(/^[0-9a-f]{16}$/);
    const again = ask({ type, service: { namespace: 'n', name: 's', revision: first.revision! } });
    expect(again).toMatchObject({ code: 200001, revision: first.revision, response: { type } });
  });

  it('carry their revision in the rule object too, so that go sees no change', () => {
    const { ask } = world();
    const service = { namespace: 'n', name: 's' };
    const { response, revision } = ask({ type: Type.ROUTING, service });
    expect(response.routing).toMatchObject({ namespace: 'n', service: 's', revision, inbounds: [], outbounds: [] });
    expect(ask({ type: Type.RATE_LIMIT, service }).response.rateLimit).toMatchObject({ revision, rules: [] });
    expect(ask({ type: Type.CIRCUIT_BREAKER, service }).response.circuitBreaker).toMatchObject({ revision, rules: [] });
    expect(ask({ type: Type.FAULT_DETECTOR, service }).response.faultDetector).toMatchObject({ revision, rules: [] });
  });

  it.each(RULE_TYPES)('type %i probed without a service is anything but 400004', (type) => {
    const { code, response } = world().ask({ type });
    expect(code).toBe(400120);
    expect(response.type).toBe(type);
  });
});

describe('a type that is not served', () => {
  it.each([0, 2, 7, 11, 99, 107, 4096, -1])('%i is 400004 under its own number, also without a service', (type) => {
    const { ask } = world();
    expect(ask({ type })).toMatchObject({ code: 400004, response: { type } });
    const named = ask({ type, service: { namespace: 'n', name: 's', revision: 'r' } });
    expect(named).toMatchObject({ code: 400004, response: { type, service: { namespace: 'n', name: 's' } } });
    expect(named.revision).toBeUndefined();
  });
});

describe('SERVICES', () => {
  const services = (w: ReturnType<typeof world>, service: object = { namespace: 'default' }) =>
    w.ask({ type: Type.SERVICES, service });
  const names = ({ response }: { response: polaris.DiscoverResponse }) => response.services.map(({ name }) => name);

  it('lists a namespace with metadata, and all of them when it is left out', () => {
    const w = world();
    w.happens(SERVICE, registered({ service: 'other' }), registered({ namespace: 'web', service: 'front' }));
    expect(services(w).response.services).toMatchObject([
      { namespace: 'default', name: 'echo', metadata: { team: 'a' }, business: 'shop' },
      { namespace: 'default', name: 'other' },
    ]);
    expect(names(services(w, {}))).toEqual(['echo', 'other', 'front']);
    expect(services(w).response.service).toMatchObject({ namespace: 'default' });
  });
  it('of an unknown namespace is an empty success', () => {
    const w = world();
    expect(services(w, { namespace: 'no' })).toMatchObject({ code: 200000 });
    expect(w.answers.stats().entries).toBe(0);
  });
  it('has a revision of its content: instances do not change it, services do', () => {
    const w = world();
    w.happens(registered());
    const { revision } = services(w);
    w.happens(registered({ id: 'i-2' }));
    expect(services(w, { namespace: 'default', revision })).toMatchObject({ code: 200001, revision });
    w.happens(SERVICE);
    expect(services(w, { namespace: 'default', revision }).code).toBe(200000);
  });
  it('is encoded once per filter and change, whatever instances do', () => {
    const w = world();
    w.happens(SERVICE, registered({ service: 'other' }));
    const shop = (): Buffer => services(w, { namespace: 'default', business: 'shop' }).bytes;
    const teamA = (): Buffer => services(w, { namespace: 'default', metadata: { team: 'a' } }).bytes;
    const [first, ofTeam] = [shop(), teamA()];
    w.happens(registered({ service: 'other', id: 'i-2', port: 81 }));
    expect(shop()).toBe(first);
    expect(teamA()).toBe(ofTeam);
    w.happens({ type: 'ServiceChanged', data: { ...SERVICE.data, business: 'else' } } as RegistryEvent);
    expect(shop()).not.toBe(first);
    expect(names(services(w, { namespace: 'default', business: 'shop' }))).toEqual([]);
  });
  it('asked with a filter longer than is kept, is answered and leaves nothing behind', () => {
    const w = world();
    w.happens(SERVICE);
    expect(names(services(w, { namespace: 'default', metadata: { team: 'x'.repeat(2000) } }))).toEqual([]);
    expect(w.answers.stats().entries).toBe(0);
  });
  it('is filtered by business and metadata', () => {
    const w = world();
    w.happens(SERVICE, registered({ service: 'other' }));
    expect(names(services(w, { namespace: 'default', name: 'shop', business: 'shop' }))).toEqual(['echo']);
    expect(names(services(w, { namespace: 'default', metadata: { team: 'a' } }))).toEqual(['echo']);
    expect(names(services(w, { namespace: 'default', metadata: { team: 'b' } }))).toEqual([]);
    expect(names(services(w, { namespace: 'default', metadata: { toString: 'x' } }))).toEqual([]);
  });
});

describe('NAMESPACES', () => {
  it('lists them and knows when nothing has changed', () => {
    const w = world();
    w.happens({ type: 'NamespaceCreated', data: { ...undescribedNamespace('a'), comment: 'first' } }, registered());
    const { response, revision } = w.ask({ type: Type.NAMESPACES });
    expect(response.namespaces).toMatchObject([{ name: 'a', comment: 'first' }, { name: 'default' }]);
    w.happens(registered({ service: 'more' }));
    expect(w.ask({ type: Type.NAMESPACES, service: { revision: revision! } })).toMatchObject({ code: 200001 });
  });
});

describe('any history', () => {
  const someEvent = fc
    .record({ id: fc.constantFrom('a', 'b', 'c', 'd'), gone: fc.boolean(), weight: fc.nat(2) })
    .map(({ id, gone, weight }) =>
      gone
        ? ({ type: 'InstanceDeregistered', data: { namespace: 'default', service: 'echo', id } } as const)
        : registered({ id, weight }),
    );
  it('ends in the answer that a process gives that only knows the end (INV-5)', () =>
    fc.assert(
      fc.property(fc.array(someEvent, { minLength: 1, maxLength: 30 }), (events) => {
        const asking = world();
        for (const event of [SERVICE, ...events]) {
          asking.happens(event);
          asking.instances();
        }
        const late = world();
        late.happens(SERVICE, ...events);
        expect(asking.instances().bytes.equals(late.instances().bytes)).toBe(true);
      }),
    ));
});

describe('random bytes', () => {
  it('are refused with an error or are a request that gets exactly one answer', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let request: polaris.DiscoverRequest;
        try {
          request = decodeDiscoverRequest(bytes);
        } catch (error) {
          return expect(isNativeError(error)).toBe(true);
        }
        const { response } = world().ask(request);
        return expect(response.type).toBe(request.type);
      }),
      { numRuns: 2000 },
    ));
  it('of a damaged request are refused with an error or answered', () =>
    fc.assert(
      fc.property(fc.nat(60), fc.nat(255), (at, value) => {
        const whole = {
          type: 1,
          service: { namespace: 'default', name: 'echo', metadata: { a: 'b' }, revision: 'r' },
          Direction: 1,
        };
        const bytes = toBinary(polaris.DiscoverRequestSchema, create(polaris.DiscoverRequestSchema, whole));
        bytes[at % bytes.length] = value;
        let request: polaris.DiscoverRequest;
        try {
          request = decodeDiscoverRequest(bytes);
        } catch (error) {
          return expect(isNativeError(error)).toBe(true);
        }
        return expect(world().ask(request).code).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    ));
});
