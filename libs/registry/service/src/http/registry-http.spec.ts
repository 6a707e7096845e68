import { createHash, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { REGISTRY_LOG, REGISTRY_SHARDS, shardOf, type RegistryEvent } from '@thuban/events';
import { createCommitter, type Clock, type EventLog } from '@thuban/event-sourcing';
import {
  bootstrap,
  createLogger,
  createMetrics,
  PROCESS_OPERATIONS,
  processApi,
  systemClock,
  type ProcessApi,
  type Running,
} from '@thuban/nest';
import {
  createRegistryState,
  registryDecider,
  type RegistryCommand,
  type RegistryEntry,
} from '@thuban/registry-domain';
import { fakeClock, openMemoryLog } from '@thuban/testing';
import Ajv2020 from 'ajv/dist/2020.js';
import { OPERATIONS } from './operations.js';
import { registryHttp } from './registry-http.js';

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON that the assertions look into
  readonly body: any;
}

let log: EventLog;
let http: ProcessApi;
let running: Running;

const start = async (clock: Clock = systemClock): Promise<void> => {
  log = openMemoryLog({ name: REGISTRY_LOG, shards: REGISTRY_SHARDS });
  const state = createRegistryState();
  const committer = createCommitter<RegistryCommand, RegistryEvent, RegistryEntry>({
    log,
    decider: registryDecider,
    state,
    folded: new Array<number>(REGISTRY_SHARDS).fill(0),
    clock: systemClock,
    afterPoll: setImmediate,
    newCommitId: randomUUID,
  });
  http = processApi({
    logs: [log],
    clock,
    version: '1.2.3',
    operations: Object.values(OPERATIONS),
    counts: state.counts,
    projections: () => [{ name: 'registry-1', lagEvents: 0 }],
    statusSections: { xds: () => ({ streams: [] }) },
  });
  running = await bootstrap({
    name: 'test',
    modules: [registryHttp({ committer, state }), http.module],
    http: { what: 'HTTP', host: '127.0.0.1', port: 0 },
    grpc: [],
    logger: createLogger('test', 'silent'),
    metrics: createMetrics(),
    checks: [],
    signals: false,
  });
};

const url = (path: string): string => `http://127.0.0.1:${running.ports.http}${path}`;

const send = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> => {
  const response = await fetch(url(path), {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
};
const get = (path: string) => send('GET', path);

const tips = async () => (await log.tips()).map(({ seq }) => seq);
const INSTANCES = '/v1/namespaces/default/services/echo/instances';
const echo = (port: number, more: object = {}) => ({ host: '127.0.0.1', port, ...more });

/** One process for each test, or one for a group whose tests write nothing or do not mind each other. */
const freshForEach = (): void => {
  beforeEach(() => start());
  afterEach(() => running.close());
};
const sharedByAll = (prepare: () => Promise<void> = () => Promise.resolve()): void => {
  beforeAll(async () => {
    await start();
    await prepare();
  });
  afterAll(() => running.close());
};

describe('/v1: create, get, change, delete', () => {
  freshForEach();

  it('walks a namespace through its life', async () => {
    const created = await send('POST', '/v1/namespaces', { name: 'prod', comment: 'live', metadata: { a: '1' } });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/v1/namespaces/prod');
    expect(created.body).toMatchObject({
      name: 'prod',
      comment: 'live',
      metadata: { a: '1' },
      services: 0,
      implied: false,
    });
    expect((await get('/v1/namespaces/prod')).body).toEqual(created.body);
    expect(await send('POST', '/v1/namespaces', { name: 'prod' })).toMatchObject({
      status: 409,
      body: { code: 'NAMESPACE_EXISTS', errors: [{ field: 'name' }] },
    });
    const changed = await send('PATCH', '/v1/namespaces/prod', { owners: 'me' });
    expect(changed).toMatchObject({ status: 200, body: { comment: 'live', owners: 'me', metadata: { a: '1' } } });
    expect(await send('DELETE', '/v1/namespaces/prod')).toMatchObject({ status: 204, body: undefined });
    expect(await send('DELETE', '/v1/namespaces/prod')).toMatchObject({
      status: 404,
      body: { code: 'NAMESPACE_NOT_FOUND' },
    });
    expect(await get('/v1/namespaces/prod')).toMatchObject({ status: 404, body: { code: 'NAMESPACE_NOT_FOUND' } });
  });

  it('registering an instance creates its namespace and service; a read at once sees it', async () => {
    const created = await send(
      'POST',
      INSTANCES,
      echo(80, { metadata: { lane: 'gray' }, healthCheck: { ttlSeconds: 3 } }),
    );
    const id = createHash('sha1').update('default##echo##127.0.0.1##80').digest('hex');
    expect(created).toMatchObject({
      status: 201,
      body: { id, weight: 100, healthy: true, healthCheck: { ttlSeconds: 3 }, location: { region: '' } },
    });
    expect(created.headers.get('location')).toBe(`${INSTANCES}/${id}`);
    expect((await get(created.headers.get('location') ?? '')).body).toEqual(created.body);
    expect((await get('/v1/namespaces/default')).body).toMatchObject({ services: 1, implied: false });
    expect((await get('/v1/namespaces/default/services/echo')).body).toMatchObject({ instances: 1, implied: false });
    expect(await send('POST', INSTANCES, echo(80))).toMatchObject({ status: 409, body: { code: 'INSTANCE_EXISTS' } });
  });

  it('changes the named fields of an instance and keeps its incarnation', async () => {
    const { body, headers } = await send('POST', INSTANCES, echo(80, { metadata: { a: '1', b: '2' } }));
    const path = headers.get('location') ?? '';
    const changed = await send('PATCH', path, { weight: 0, metadata: { b: '3' } });
    expect(changed.body).toMatchObject({
      weight: 0,
      metadata: { b: '3' },
      protocol: '',
      incarnation: body.incarnation,
    });
    expect(changed.body.seq).toBeGreaterThan(body.seq);
    expect(await send('PATCH', path, {})).toMatchObject({ status: 200, body: changed.body });
    expect((await send('DELETE', path)).status).toBe(204);
    expect(await send('DELETE', path)).toMatchObject({ status: 404, body: { code: 'INSTANCE_NOT_FOUND' } });
    expect(await send('PATCH', path, { weight: 1 })).toMatchObject({ status: 404 });
  });

  it('services and aliases share names, and a service in use stays', async () => {
    expect(await send('POST', '/v1/namespaces/a/services', { name: 's' })).toMatchObject({
      status: 404,
      body: { code: 'NAMESPACE_NOT_FOUND' },
    });
    await send('POST', '/v1/namespaces', { name: 'a' });
    expect(await send('POST', '/v1/namespaces/a/services', { name: 's', business: 'b' })).toMatchObject({
      status: 201,
      body: { business: 'b' },
    });
    const alias = await send('POST', '/v1/namespaces/a/aliases', { name: 't', targetService: 's' });
    expect(alias).toMatchObject({ status: 201, body: { targetNamespace: 'a', targetService: 's' } });
    expect((await get('/v1/namespaces/a/aliases/t')).body).toEqual(alias.body);
    expect((await get('/v1/namespaces/a/aliases?targetService=s')).body.items).toEqual([alias.body]);
    expect(await send('DELETE', '/v1/namespaces/a/services/s')).toMatchObject({
      status: 400,
      body: { code: 'SERVICE_HAS_ALIASES' },
    });
    expect(await send('PATCH', '/v1/namespaces/a/services/s', { comment: 'c' })).toMatchObject({
      status: 200,
      body: { comment: 'c', business: 'b' },
    });
    expect((await send('DELETE', '/v1/namespaces/a/aliases/t')).status).toBe(204);
    expect((await send('DELETE', '/v1/namespaces/a/services/s')).status).toBe(204);
    expect((await send('DELETE', '/v1/namespaces/a')).status).toBe(204);
  });

  it('takes names with slashes and other encoded characters for what they are', async () => {
    const path = `/v1/namespaces/${encodeURIComponent('team/a')}/services/${encodeURIComponent('x/y:z')}/instances`;
    const created = await send('POST', path, echo(80, { id: 'an id/ü %41' }));
    expect(created).toMatchObject({ status: 201, body: { namespace: 'team/a', service: 'x/y:z', id: 'an id/ü %41' } });
    expect(created.headers.get('location')).toBe(`${path}/${encodeURIComponent('an id/ü %41')}`);
    expect((await get(created.headers.get('location') ?? '')).body).toEqual(created.body);
    expect((await get('/v1/services?namespace=team%2Fa')).body.items).toMatchObject([{ name: 'x/y:z' }]);
  });
});

describe('/v1: lists', () => {
  sharedByAll(async () => {
    for (const [service, port, more] of [
      ['a', 1, { metadata: { zone: 'x', lane: 'g' }, protocol: 'grpc', version: '1' }],
      ['a', 2, { metadata: { zone: 'y' }, isolated: true }],
      ['b', 3, { metadata: { zone: 'x' }, healthy: false }],
    ] as const)
      await send(
        'POST',
        `/v1/namespaces/n${port}/services/${service}/instances`,
        echo(port, { ...more, id: `i${port}` }),
      );
  });

  const idsOf = async (query: string) =>
    (await get(`/v1/instances?${query}`)).body.items.map(({ id }: { id: string }) => id);

  it.each([
    ['', ['i1', 'i2', 'i3']],
    ['metadata=zone=x', ['i1', 'i3']],
    ['metadata=zone%3Dx&metadata=lane=g', ['i1']],
    ['metadata=constructor=x', []],
    ['healthy=false', ['i3']],
    ['isolated=true', ['i2']],
    ['service=a', ['i1', 'i2']],
    ['namespace=n2', ['i2']],
    ['namespace=n9', []],
    ['port=3', ['i3']],
    ['host=127.0.0.1&protocol=grpc', ['i1']],
    ['version=1', ['i1']],
  ])('filters instances by %s', async (query, ids) => {
    expect(await idsOf(query)).toEqual(ids);
  });

  it('filters services by name and prefix', async () => {
    expect((await get('/v1/services?name=a')).body.items).toHaveLength(2);
    expect((await get('/v1/services?namePrefix=b')).body.items).toMatchObject([
      { namespace: 'n3', name: 'b', instances: 1 },
    ]);
    expect((await get('/v1/namespaces?namePrefix=n')).body.items.map(({ name }: { name: string }) => name)).toEqual([
      'n1',
      'n2',
      'n3',
    ]);
  });

  it('pages by place, whatever is created and deleted in between', async () => {
    const first = (await get('/v1/instances?limit=2')).body;
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual(['i1', 'i2']);
    await send('DELETE', '/v1/namespaces/n2/services/a/instances/i2');
    await send('POST', '/v1/namespaces/n1/services/a/instances', echo(9, { id: 'i0' }));
    const second = (await get(`/v1/instances?limit=2&cursor=${first.next}`)).body;
    expect(second.items.map(({ id }: { id: string }) => id)).toEqual(['i3']);
    expect(second).not.toHaveProperty('next');
  });

  it('says 404 for a list below what does not exist', async () => {
    expect(await get('/v1/namespaces/none/services')).toMatchObject({
      status: 404,
      body: { code: 'NAMESPACE_NOT_FOUND' },
    });
    expect(await get('/v1/namespaces/n1/services/none/instances')).toMatchObject({
      status: 404,
      body: { code: 'SERVICE_NOT_FOUND' },
    });
  });
});

describe('/v1: bad input names the field and writes nothing', () => {
  sharedByAll();

  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']));

  it.each([
    ['no host', { port: 80 }, 'host'],
    ['an empty host', echo(80, { host: '' }), 'host'],
    ['65 pairs', echo(80, { metadata: pairs(65) }), 'metadata'],
    ['port 70000', echo(70_000), 'port'],
    ['port as text', { host: 'h', port: '80' }, 'port'],
    ['weight −1', echo(80, { weight: -1 }), 'weight'],
    ['weight 1.5', echo(80, { weight: 1.5 }), 'weight'],
    ['weight null', echo(80, { weight: null }), 'weight'],
    ['a control character', echo(80, { version: 'a\u0000b' }), 'version'],
    ['a control character in a key', echo(80, { metadata: { 'a\nb': '' } }), 'metadata'],
    ['a metadata value that is no string', echo(80, { metadata: { a: 1 } }), 'metadata.a'],
    ['a long value', echo(80, { metadata: { a: 'x'.repeat(4097) } }), 'metadata'],
    ['an unknown field', echo(80, { weigth: 1 }), 'weigth'],
    ['an unknown field deeper', echo(80, { location: { regoin: '' } }), 'location.regoin'],
    ['a TTL of 0', echo(80, { healthCheck: { ttlSeconds: 0 } }), 'healthCheck.ttlSeconds'],
    ['an array', [], 'body'],
    ['null', 'null', 'body'],
    ['__proto__ in metadata', '{"host":"h","port":1,"metadata":{"__proto__":"x"}}', 'metadata.__proto__'],
    ['__proto__ at the top', '{"host":"h","port":1,"__proto__":{"weight":1}}', '__proto__'],
  ])('%s', async (_what, body, field) => {
    const reply = await send('POST', INSTANCES, body);
    expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT', errors: [{ field }] } });
    expect(reply.body.detail).toContain(field.split('.').at(-1) === 'body' ? '' : field);
    expect(reply.headers.get('content-type')).toContain('application/problem+json');
    expect(await tips()).toEqual(new Array(REGISTRY_SHARDS).fill(0));
  });

  it('says what an unknown field was probably meant to be', async () => {
    expect((await send('POST', INSTANCES, echo(80, { weigth: 1 }))).body.detail).toBe(
      'weigth is not known; did you mean weight?',
    );
  });

  it.each([
    ['POST', '/v1/namespaces', { name: '' }, 'name'],
    ['POST', '/v1/namespaces', { name: 'a b' }, 'name'],
    ['POST', '/v1/namespaces', { name: 'x'.repeat(65) }, 'name'],
    ['POST', '/v1/namespaces', {}, 'name'],
    ['POST', '/v1/namespaces/a%20b/services', { name: 'x' }, 'namespace'],
    ['POST', `/v1/namespaces/a/services/${'x'.repeat(129)}/instances`, echo(1), 'service'],
    ['POST', '/v1/namespaces/%00/services/x/instances', echo(1), 'namespace'],
    ['PATCH', '/v1/namespaces/a', { name: 'b' }, 'name'],
    ['PATCH', `${INSTANCES}/x`, { port: 1 }, 'port'],
    ['POST', '/v1/namespaces/a/aliases', { name: 'x' }, 'targetService'],
    ['GET', '/v1/instances?limit=0', undefined, 'limit'],
    ['GET', '/v1/instances?limit=501', undefined, 'limit'],
    ['GET', '/v1/instances?limit=', undefined, 'limit'],
    ['GET', '/v1/instances?limit=1&limit=2', undefined, 'limit'],
    ['GET', '/v1/instances?cursor=abc', undefined, 'cursor'],
    ['GET', '/v1/instances?healthy=yes', undefined, 'healthy'],
    ['GET', '/v1/instances?metadata=x', undefined, 'metadata.0'],
    ['GET', '/v1/instances?hots=x', undefined, 'hots'],
    ['GET', '/v1/instances?__proto__=x', undefined, '__proto__'],
    ['GET', '/v1/instances?host=a&host=b', undefined, 'host'],
    ['GET', '/v1/status?verbose=1', undefined, 'verbose'],
    ['GET', '/v1/events?from=3', undefined, 'from'],
    ['GET', '/v1/events?shard=32', undefined, 'shard'],
    ['GET', '/v1/events?waitMs=30001', undefined, 'waitMs'],
    ['GET', '/v1/events?cursor=nonsense', undefined, 'cursor'],
    ['GET', '/v1/events/stream?from=nonsense', undefined, 'from'],
    ['DELETE', '/v1/namespaces/a?force=1', undefined, 'force'],
  ])('%s %s %j', async (method, path, body, field) => {
    const reply = await send(method, path, body);
    expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT', errors: [{ field }] } });
    expect(await tips()).toEqual(new Array(REGISTRY_SHARDS).fill(0));
  });

  it.each([
    ['bad JSON', '{', 'application/json', 400],
    ['5 MiB', JSON.stringify({ host: 'x'.repeat(5 << 20) }), 'application/json', 413],
    ['another content type', '{"host":"h","port":1}', 'text/plain', 415],
  ])('%s', async (_what, body, type, status) => {
    expect(await send('POST', INSTANCES, body, { 'content-type': type })).toMatchObject({ status, body: { status } });
    expect(await tips()).toEqual(new Array(REGISTRY_SHARDS).fill(0));
  });
});

describe('/v1: Idempotency-Key', () => {
  freshForEach();

  const post = (key: string, port: number) => send('POST', INSTANCES, echo(port), { 'idempotency-key': key });
  const events = async () => (await get('/v1/events')).body.items;

  it('gives the first answer again and writes nothing', async () => {
    const first = await post('k1', 80);
    const path = first.headers.get('location') ?? '';
    await send('PATCH', path, { weight: 7 });
    const before = await tips();
    const again = await post('k1', 80);
    expect([again.status, again.body, again.headers.get('location')]).toEqual([201, first.body, path]);
    expect(await tips()).toEqual(before);
  });

  it('holds for deletes: the repeat is 204 where another delete is 404', async () => {
    const path = (await post('k1', 80)).headers.get('location') ?? '';
    const remove = (key: string) => send('DELETE', path, undefined, { 'idempotency-key': key });
    expect([(await remove('k2')).status, (await remove('k2')).status, (await remove('k3')).status]).toEqual([
      204, 204, 404,
    ]);
  });

  it('refuses a key that was used for another request', async () => {
    await post('k1', 80);
    expect(await post('k1', 81)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await events()).toHaveLength(3);
  });

  it('two at once are one', async () => {
    const [a, b] = await Promise.all([post('k1', 80), post('k1', 80)]);
    expect([a?.status, a?.body]).toEqual([b?.status, b?.body]);
    expect(await events()).toHaveLength(3);
  });

  it('neither a repeat nor a refusal makes the namespace that a first request would', async () => {
    const path = (await post('k1', 80)).headers.get('location') ?? '';
    for (const gone of [path, '/v1/namespaces/default/services/echo', '/v1/namespaces/default'])
      expect((await send('DELETE', gone)).status).toBe(204);
    const before = await tips();
    expect((await post('k1', 80)).status).toBe(201);
    const elsewhere = '/v1/namespaces/other/services/echo/instances';
    expect((await send('POST', elsewhere, echo(80), { 'idempotency-key': 'k1' })).status).toBe(422);
    expect(await tips()).toEqual(before);
  });

  it('refuses a malformed key', async () => {
    expect(await post('x'.repeat(256), 80)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'Idempotency-Key' }] },
    });
  });
});

describe('/v1/events', () => {
  freshForEach();

  const shard = shardOf('default/echo', REGISTRY_SHARDS);
  const register = (port: number) =>
    send('POST', INSTANCES, echo(port), { 'x-request-id': 'mine', traceparent: TRACE });
  const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

  it('S22: records who sent it and our own request id, never what the client claims', async () => {
    const { headers } = await register(80);
    const { items } = (await get(`/v1/events?shard=${shard}`)).body;
    expect(items.at(-1)).toMatchObject({
      log: 'registry',
      shard,
      seq: 2,
      type: 'InstanceRegistered',
      stream: expect.stringMatching(/^instance\/default\/echo\//),
      meta: { actor: 'http:127.0.0.1', requestId: headers.get('x-request-id'), traceparent: TRACE },
    });
    expect(headers.get('x-request-id')).not.toBe('mine');
  });

  it('reads a shard from a seq, and pages over all shards', async () => {
    for (const port of [1, 2, 3]) await register(port);
    const some = (await get(`/v1/events?shard=${shard}&from=3&limit=1`)).body;
    expect(some.items.map(({ seq }: { seq: number }) => seq)).toEqual([3]);
    const rest = (await get(`/v1/events?shard=${shard}&cursor=${some.next}`)).body;
    expect(rest.items.map(({ seq }: { seq: number }) => seq)).toEqual([4]);
    expect(rest).not.toHaveProperty('next');
    const all: unknown[] = [];
    let cursor = '';
    do {
      const page: { items: unknown[]; next?: string } = (await get(`/v1/events?limit=2${cursor}`)).body;
      all.push(...page.items);
      cursor = page.next === undefined ? '' : `&cursor=${page.next}`;
    } while (cursor !== '');
    expect(all).toHaveLength(5);
  });

  it('waits until something comes after the position, and answers at once then', async () => {
    await register(1);
    const { position } = (await get('/v1/events')).body;
    const waiting = get(`/v1/events?cursor=${position}&waitMs=30000`);
    const wrongShard = get(`/v1/events?shard=${(shard + 1) % REGISTRY_SHARDS}&from=1&waitMs=300`);
    await get('/v1/status');
    const before = performance.now();
    await register(2);
    expect((await waiting).body.items).toMatchObject([{ type: 'InstanceRegistered', data: { port: 2 } }]);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect((await wrongShard).body.items).toEqual([]);
  });

  it('says that a position is of another log, or beyond its end', async () => {
    const other = `other:${new Array(REGISTRY_SHARDS).fill(0).join('.')}`;
    expect(await get(`/v1/events?cursor=${other}`)).toMatchObject({ status: 409, body: { code: 'LOG_CHANGED' } });
    const beyond = `${log.id}:${new Array(REGISTRY_SHARDS).fill(5).join('.')}`;
    expect(await get(`/v1/events?cursor=${beyond}`)).toMatchObject({ status: 409, body: { code: 'LOG_CHANGED' } });
    expect(await get(`/v1/events/stream?from=${beyond}`)).toMatchObject({ status: 409, body: { code: 'LOG_CHANGED' } });
    expect(await get('/v1/events?log=health')).toMatchObject({ status: 404, body: { code: 'LOG_NOT_FOUND' } });
  });

  /** Reads a stream until it has this many blocks. */
  const open = async (path: string, headers: Record<string, string> = {}) => {
    const abort = new AbortController();
    const response = await fetch(url(path), { signal: abort.signal, headers });
    const reader = (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const blocks = async (count: number): Promise<string[]> => {
      while (text.split('\n\n').length <= count) {
        const { value, done } = await reader.read();
        if (done) break;
        text += value;
      }
      return text.split('\n\n').slice(0, count);
    };
    return { response, blocks, close: () => abort.abort() };
  };

  it('streams what comes, and goes on where a reader was', async () => {
    await register(1);
    const stream = await open('/v1/events/stream');
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await stream.blocks(1);
    await register(2);
    const [hello = '', second = ''] = await stream.blocks(2);
    expect(hello).toMatch(new RegExp(`^id: ${log.id}:[\\d.]+$`));
    expect(JSON.parse(second.split('\ndata: ')[1] ?? '')).toMatchObject({
      type: 'InstanceRegistered',
      data: { port: 2 },
    });
    stream.close();
    await register(3);
    const resumed = await open('/v1/events/stream', { 'last-event-id': second.split('\n')[0]?.slice(4) ?? '' });
    expect((await resumed.blocks(2))[1]).toContain('"port":3');
    resumed.close();
    const whole = await open('/v1/events/stream?from=start');
    expect(await whole.blocks(6)).toHaveLength(6);
    whole.close();
  });

  it('INV-17: opens at most 100 streams, also when they come at once', async () => {
    const position = `${log.id}:${(await tips()).join('.')}`;
    const asked = Array.from({ length: 101 }, () => open(`/v1/events/stream?from=${position}`));
    const streams = await Promise.all(asked);
    const refused = streams.filter(({ response }) => response.status === 429);
    expect([refused.length, http.followers()]).toEqual([1, 100]);
    expect(await refused[0]?.blocks(1)).toEqual([expect.stringContaining('"RESOURCE_EXHAUSTED"')]);
    for (const { close } of streams) close();
  });

  it('INV-17: at most 100 requests wait, and streams take the same places; those that need not wait are answered', async () => {
    await register(1);
    const { position } = (await get('/v1/events')).body;
    const stream = await open('/v1/events/stream');
    const waiting = Array.from({ length: 100 }, () => get(`/v1/events?cursor=${position}&waitMs=30000`));
    expect(await Promise.race(waiting)).toMatchObject({ status: 429, body: { code: 'RESOURCE_EXHAUSTED' } });
    while (http.followers() < 100) await get('/v1/status');
    expect((await open('/v1/events/stream')).response.status).toBe(429);
    expect((await get('/v1/events?waitMs=30000')).body.items).toHaveLength(3);
    await register(2);
    const replies = await Promise.all(waiting);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(99);
    expect(http.followers()).toBe(1);
    stream.close();
  });

  it('ends streams when the process stops', async () => {
    const stream = await open('/v1/events/stream');
    await stream.blocks(1);
    expect(http.followers()).toBe(1);
    await running.close();
    expect(await stream.blocks(2)).toHaveLength(2);
    expect(http.followers()).toBe(0);
  });
});

describe('/v1/status', () => {
  sharedByAll();

  it('tells what runs, how far it is, and what others say', async () => {
    await send('POST', INSTANCES, echo(80));
    expect((await get('/v1/status')).body).toMatchObject({
      version: '1.2.3',
      logs: [{ name: 'registry', id: log.id, shards: REGISTRY_SHARDS, events: 3 }],
      projections: [{ name: 'registry-1', lagEvents: 0 }],
      counts: { namespaces: 1, services: 1, aliases: 0, instances: 1 },
      sections: { xds: { streams: [] } },
    });
  });
});

describe('/v1/openapi.json', () => {
  sharedByAll();

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a document of any depth
  let document: any;
  let ajv: Ajv2020;
  beforeEach(async () => {
    document = (await get('/v1/openapi.json')).body;
    ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'doc:', components: document.components });
  });

  const schemasIn = (value: unknown): object[] => {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, child]) => (key === 'schema' ? [child as object] : schemasIn(child)));
  };
  const atDocument = (schema: object): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc:#/')) as object;

  it('holds schemas that are JSON Schema 2020-12, each of which compiles', () => {
    expect(document.openapi).toBe('3.1.0');
    const all = [...Object.values<object>(document.components.schemas), ...schemasIn(document.paths)];
    expect(all.length).toBeGreaterThan(60);
    for (const schema of all) {
      expect([JSON.stringify(schema), ajv.validateSchema(schema)]).toEqual([JSON.stringify(schema), true]);
      expect(ajv.compile(atDocument(schema))).toBeInstanceOf(Function);
    }
  });

  it('has every route of the process below /v1, and no other', async () => {
    const routes = running.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false, includeHooks: false });
    const documented = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(
      [...Object.values(OPERATIONS), ...Object.values(PROCESS_OPERATIONS)]
        .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
        .sort(),
    );
    const served = routesIn(routes)
      .filter((route) => route.includes(' /v1'))
      .map((route) => route.replace(/:(\w+)/g, '{$1}'));
    expect(served.sort()).toEqual(documented.sort());
  });

  it('has unique operation ids', () => {
    const ids = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes the answers as they are', async () => {
    await send('POST', INSTANCES, echo(80, { healthCheck: { ttlSeconds: 3 } }));
    await send('POST', '/v1/namespaces/default/aliases', { name: 't', targetService: 'echo' });
    for (const [id, path] of [
      ['NamespacePage', '/v1/namespaces'],
      ['ServicePage', '/v1/services'],
      ['AliasPage', '/v1/namespaces/default/aliases'],
      ['InstancePage', '/v1/instances'],
      ['EventPage', '/v1/events?limit=2'],
      ['Status', '/v1/status'],
      ['Problem', '/v1/namespaces/none'],
    ] as const) {
      const validate = ajv.compile({ $ref: `doc:#/components/schemas/${id}` });
      const { body } = await get(path);
      expect([id, validate(body), validate.errors]).toEqual([id, true, null]);
    }
  });

  it.each([
    ['NamespaceInput', '/v1/namespaces', { name: 'x' }],
    ['ServiceInput', '/v1/namespaces/default/services', { name: 'x' }],
    ['AliasInput', '/v1/namespaces/default/aliases', { name: 'x', targetService: 'echo' }],
    ['InstanceInput', INSTANCES, echo(1)],
  ])('states the limits of %s that are really enforced', async (id, path, good) => {
    await send('POST', INSTANCES, echo(80));
    const { properties } = document.components.schemas[id] as {
      properties: Record<string, { maxLength?: number; maximum?: number; maxProperties?: number }>;
    };
    let checked = 0;
    for (const [field, { maxLength, maximum, maxProperties }] of Object.entries(properties)) {
      const valueOf = (over: number): unknown =>
        maxLength !== undefined
          ? 'x'.repeat(maxLength + over)
          : maximum !== undefined
            ? maximum + over
            : maxProperties !== undefined
              ? Object.fromEntries(Array.from({ length: maxProperties + over }, (_, i) => [`k${i}`, '']))
              : undefined;
      if (valueOf(0) === undefined) continue;
      checked++;
      const over = await send('POST', path, { ...good, [field]: valueOf(1) });
      expect([field, over.status, over.body.errors?.[0].field]).toEqual([field, 400, field]);
      const within = await send('POST', path, { ...good, [field]: valueOf(0) });
      expect([field, within.body?.code ?? 'created']).toEqual([
        field,
        expect.stringMatching(/created|EXISTS|NOT_FOUND/),
      ]);
    }
    expect(checked).toBeGreaterThanOrEqual(4);
  });
});

/** `METHOD /path` of each route in Fastify's tree without common prefixes. */
const routesIn = (tree: string): string[] => {
  const stack: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const match = /^([│ ]*)[├└]── ([^\s]*)(?: \(([^)]*)\))?/.exec(line);
    if (!match) return [];
    const [, indent = '', part = '', methods = ''] = match;
    const depth = indent.length / 4;
    stack.length = depth;
    stack.push(part);
    const path = stack.join('');
    return methods
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD')
      .map((method) => `${method} ${path}`);
  });
};

describe('a reader of the event stream that does not read', () => {
  it('is ended after ten seconds', async () => {
    const clock = fakeClock();
    await start(clock);
    for (let i = 0; i < 40; i++)
      await send(
        'POST',
        INSTANCES,
        echo(i, { metadata: Object.fromEntries(Array.from({ length: 60 }, (_, k) => [`k${k}`, 'x'.repeat(4000)])) }),
      );
    const socket = connect(running.ports.http, '127.0.0.1', () => socket.pause());
    socket.write('GET /v1/events/stream?from=start HTTP/1.1\r\nHost: x\r\n\r\n');
    const gone = new Promise<void>((resolve) => socket.once('close', resolve));
    // one wait is the keep-alive's, the other is for the reader
    while (clock.waiting() < 2) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(9_999);
    expect(http.followers()).toBe(1);
    await clock.advance(1);
    while (http.followers() > 0) await new Promise((resolve) => setImmediate(resolve));
    socket.resume();
    await gone;
    await running.close();
  });
});

describe('a client that goes away', () => {
  sharedByAll();

  it('ends its waiting request and its stream', async () => {
    const gone = (path: string) =>
      new Promise<void>((resolve) => {
        const request = httpRequest(url(path), (response) => response.once('data', () => request.destroy()));
        request
          .on('error', () => undefined)
          .once('close', resolve)
          .end();
      });
    await gone('/v1/events/stream');
    await get('/v1/status');
    expect(http.followers()).toBe(0);
  });
});
