import { randomUUID } from 'node:crypto';
import { RULES_LOG, RULES_SHARDS, type Attempt, type RulesEvent } from '@thuban/events';
import { createCommitter, type EventLog } from '@thuban/event-sourcing';
import { bootstrap, createLogger, createMetrics, processApi, systemClock, type Running } from '@thuban/nest';
import { LIMITS, rulesDecider, type RulesCommand, type RulesEntry } from '@thuban/rules-domain';
import { openMemoryLog } from '@thuban/testing';
import Ajv2020 from 'ajv/dist/2020.js';
import { loadRules } from '../load-rules.js';
import { registerRulesMetrics } from '../register-metrics.js';
import { OPERATIONS } from './operations.js';
import { rulesHttp } from './rules-http.js';

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON that the assertions look into
  readonly body: any;
}

let log: EventLog;
let running: Running;
let attempts: Attempt[];

/** A process on a log: a new one, or the same one again. */
const start = async (onLog: EventLog = openMemoryLog({ name: RULES_LOG, shards: RULES_SHARDS })): Promise<void> => {
  log = onLog;
  attempts = [];
  const { folded: state, checkpoint, remembered } = await loadRules(log);
  const committer = createCommitter<RulesCommand, RulesEvent, RulesEntry>({
    log,
    decider: rulesDecider,
    state,
    folded: checkpoint.tips.map(({ seq }) => seq),
    clock: systemClock,
    afterPoll: setImmediate,
    newCommitId: randomUUID,
    remembered,
  });
  const api = processApi({ logs: [log], clock: systemClock, version: '1.2.3', operations: Object.values(OPERATIONS) });
  const metrics = createMetrics();
  registerRulesMetrics(metrics, { state });
  running = await bootstrap({
    name: 'test',
    modules: [
      rulesHttp({ committer, state, logId: log.id, onRefused: (attempt) => void attempts.push(attempt) }),
      api.module,
    ],
    http: { what: 'HTTP', host: '127.0.0.1', port: 0 },
    grpc: [],
    logger: createLogger('test', 'silent'),
    metrics,
    checks: [],
    signals: false,
  });
};

const send = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> => {
  const response = await fetch(`http://127.0.0.1:${running.ports.http}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
};
const get = (path: string) => send('GET', path);
const events = async () => (await log.tips())[0]?.seq;

const RULES = '/v1/routing-rules';
const ECHO = '/v1/service-routings/default/echo';
const BRANCH = {
  sources: [{ service: 'web', arguments: [{ type: 'HEADER', key: 'user', value: { value: 'me' } }] }],
  destinations: [{ service: 'echo', labels: { version: { value: 'v2' } } }],
};
const rule = (with_: object = {}) => ({ namespace: 'default', name: 'canary', branches: [BRANCH], ...with_ });

beforeEach(() => start());
afterEach(() => running.close());

describe('/v1/routing-rules', () => {
  it('walks a rule through its life', async () => {
    const created = await send('POST', RULES, rule({ id: 'r-1' }));
    expect(created).toMatchObject({
      status: 201,
      body: {
        id: 'r-1',
        enabled: true,
        priority: 0,
        seq: 1,
        branches: [
          {
            sources: [{ namespace: 'default', service: 'web' }],
            destinations: [{ namespace: 'default', service: 'echo', weight: 100 }],
          },
        ],
      },
    });
    expect(created.headers.get('location')).toBe(`${RULES}/r-1`);
    expect((await get(`${RULES}/r-1`)).body).toEqual(created.body);
    expect(await send('POST', RULES, rule({ id: 'r-1' }))).toMatchObject({
      status: 409,
      body: { code: 'ROUTING_RULE_EXISTS', errors: [{ field: 'id' }] },
    });
    expect(await send('PATCH', `${RULES}/r-1`, { enabled: false })).toMatchObject({
      status: 200,
      body: { enabled: false, name: 'canary', seq: 2, createdAt: created.body.createdAt as string },
    });
    expect(await send('PUT', `${RULES}/r-1`, rule({ priority: 4 }))).toMatchObject({
      status: 200,
      body: { enabled: true, priority: 4, seq: 3 },
    });
    expect(await send('DELETE', `${RULES}/r-1`)).toMatchObject({ status: 204 });
    for (const reply of [
      await get(`${RULES}/r-1`),
      await send('DELETE', `${RULES}/r-1`),
      await send('PATCH', `${RULES}/r-1`, { enabled: true }),
    ])
      expect(reply).toMatchObject({ status: 404, body: { code: 'ROUTING_RULE_NOT_FOUND' } });
  });

  it('makes an id for a rule without one', async () => {
    const { headers, body } = await send('POST', RULES, rule());
    expect(body.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('location')).toBe(`${RULES}/${body.id}`);
  });

  it('PUT makes a rule under its id, once: an equal one is no event', async () => {
    const put = () => send('PUT', `${RULES}/team%2Fr`, rule());
    expect(await put()).toMatchObject({ status: 201, body: { id: 'team/r', seq: 1 } });
    expect(await put()).toMatchObject({ status: 200, body: { id: 'team/r', seq: 1 } });
    expect(await events()).toBe(1);
  });

  it('a rule that was read can be put back', async () => {
    const { body } = await send('PUT', `${RULES}/r-1`, rule());
    const { id: _id, seq: _seq, createdAt: _createdAt, changedAt: _changedAt, ...same } = body;
    expect(await send('PUT', `${RULES}/r-1`, same)).toMatchObject({ status: 200, body: { seq: 1 } });
  });

  it.each<[string, object, string]>([
    ['a wrong value', rule({ priority: -1 }), 'priority'],
    ['a wrong type', rule({ enabled: 'yes' }), 'enabled'],
    ['an unknown field', rule({ enbled: true }), 'enbled'],
    ['no branches', rule({ branches: [] }), 'branches'],
    [
      'an unknown field inside',
      rule({ branches: [{ destinations: [{ wieght: 1 }] }] }),
      'branches.0.destinations.0.wieght',
    ],
    ['a missing service', rule({ branches: [{ destinations: [{}] }] }), 'branches.0.destinations.0.service'],
    [
      'a bad expression',
      rule({ branches: [{ destinations: [{ service: 'a', labels: { v: { type: 'REGEX', value: '(?=a)' } } }] }] }),
      'branches.0.destinations.0.labels.v.value',
    ],
    [
      'an unknown comparison',
      rule({ branches: [{ destinations: [{ service: 'a', labels: { v: { type: 'LIKE', value: 'a' } } }] }] }),
      'branches.0.destinations.0.labels.v.type',
    ],
    ['no name', rule({ name: undefined }), 'name'],
  ])('refuses %s with the field named and writes nothing', async (_what, body, field) => {
    for (const reply of [await send('POST', RULES, body), await send('PUT', `${RULES}/r-1`, body)])
      expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT', errors: [{ field }] } });
    expect(await events()).toBe(0);
  });

  it('refuses a wrong id in the path', async () =>
    expect(await send('PUT', `${RULES}/a%20b`, rule())).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'id' }] },
    }));

  it('the largest rule is one event below its limit, with the answer in it', async () => {
    const labels = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, { value: 'x'.repeat(1024) }]));
    const destinations = [
      { service: 'echo', labels },
      { service: 'echo', labels: { a: { value: 'x'.repeat(1024) } } },
    ];
    const headers = { 'idempotency-key': 'big' };
    expect(await send('PUT', `${RULES}/big`, rule({ branches: [{ destinations }] }), headers)).toMatchObject({
      status: 201,
    });
    const [event] = await log.read(0, 1, 1);
    expect(JSON.stringify(event?.data).length).toBeLessThan(LIMITS.BYTES);
    expect(JSON.stringify(event).length).toBeLessThan(256 * 1024);
  });

  it('an Idempotency-Key gives the first answer again, with the id that was made', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const first = await send('POST', RULES, rule(), headers);
    const again = await send('POST', RULES, rule(), headers);
    expect(again).toMatchObject({ status: 201, body: first.body as object });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await events()).toBe(1);
    expect(await send('POST', RULES, rule({ name: 'other' }), headers)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('lists by priority and id, in pages, and filters', async () => {
    const put = (id: string, with_: object) => send('PUT', `${RULES}/${id}`, rule(with_));
    await put('c', { priority: 1, metadata: { team: 'a' } });
    await put('b', { priority: 10, enabled: false });
    await put('a', { priority: 10, namespace: 'prod' });
    await put('d', { priority: 2, name: 'blue', branches: [{ destinations: [{ namespace: '*', service: '*' }] }] });
    const ids = async (query: string) => {
      const reply = await get(`${RULES}?${query}`);
      return (reply.body.items as { id: string }[]).map(({ id }) => id).join('');
    };
    expect(await ids('')).toBe('cdab');
    const first = await get(`${RULES}?limit=3`);
    expect(first.body.items).toHaveLength(3);
    expect(await ids(`limit=3&cursor=${first.body.next}`)).toBe('b');
    expect(await ids('namespace=prod')).toBe('a');
    expect(await ids('enabled=false')).toBe('b');
    expect(await ids('namePrefix=ca')).toBe('cab');
    expect(await ids('name=blue')).toBe('d');
    expect(await ids('destinationService=echo&destinationNamespace=prod')).toBe('a');
    expect(await ids('destinationService=*')).toBe('d');
    expect(await ids('sourceService=web&sourceNamespace=default')).toBe('cb');
    expect(await ids('metadata=team=a')).toBe('c');
    expect(await get(`${RULES}?enabled=maybe`)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'enabled' }] },
    });
    expect(await get(`${RULES}?cursor=x`)).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } });
  });
});

describe('/v1/service-routings', () => {
  const inbounds = [{ sources: [{ service: 'web' }], destinations: [{ labels: { version: { value: 'v1' } } }] }];

  it('walks the routing of a service through its life', async () => {
    const created = await send('PUT', ECHO, { inbounds });
    expect(created).toMatchObject({
      status: 201,
      body: {
        namespace: 'default',
        service: 'echo',
        outbounds: [],
        inbounds: [{ destinations: [{ namespace: 'default', service: 'echo' }] }],
        seq: 1,
      },
    });
    expect(created.headers.get('location')).toBe(ECHO);
    expect(await send('PUT', ECHO, { inbounds })).toMatchObject({ status: 200, body: { seq: 1 } });
    expect(await send('PUT', ECHO, {})).toMatchObject({ status: 200, body: { inbounds: [], seq: 2 } });
    expect((await get(ECHO)).body).toMatchObject({ inbounds: [], seq: 2 });
    expect((await get('/v1/service-routings?namespace=default')).body.items).toHaveLength(1);
    expect((await get('/v1/service-routings?service=other')).body.items).toEqual([]);
    expect(await send('DELETE', ECHO)).toMatchObject({ status: 204 });
    expect(await send('DELETE', ECHO)).toMatchObject({ status: 404, body: { code: 'SERVICE_ROUTING_NOT_FOUND' } });
    expect(await get(ECHO)).toMatchObject({ status: 404 });
    expect(await send('PUT', ECHO, { inbounds })).toMatchObject({ status: 201, body: { seq: 4 } });
  });

  it('shows what an SDK gets: rules, then its own', async () => {
    expect((await get(`${ECHO}/effective`)).body).toEqual({
      namespace: 'default',
      service: 'echo',
      inbounds: [],
      outbounds: [],
    });
    await send('PUT', ECHO, { inbounds });
    const own = (await get(`${ECHO}/effective`)).body;
    await send('PUT', `${RULES}/r-1`, rule());
    const both = (await get(`${ECHO}/effective`)).body;
    expect(both.inbounds).toMatchObject([{ destinations: [{ name: 'canary' }] }, { destinations: [{ name: '' }] }]);
    expect(own.revision).toMatch(/^[0-9a-f]{16}$/);
    expect(both.revision).not.toBe(own.revision);
  });
});

it('INV-1: rules are there after a restart on the same log, and a used key is known', async () => {
  const headers = { 'idempotency-key': 'k-1' };
  const { body } = await send('POST', RULES, rule(), headers);
  await send('PUT', ECHO, {});
  await running.close();
  await start(log);
  expect((await get(`${RULES}/${body.id}`)).body).toEqual(body);
  expect(await get(ECHO)).toMatchObject({ status: 200 });
  expect(await send('POST', RULES, rule(), headers)).toMatchObject({ status: 201, body });
  expect(await events()).toBe(2);
  const { body: metrics } = await get('/metrics');
  expect(metrics).toMatch(/^thuban_routing_rules 1$/m);
  expect(metrics).toMatch(/^thuban_service_routings 1$/m);
});

it('every answer is as the document says', async () => {
  const document = (await get('/v1/openapi.json')).body;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'api');
  const as = (component: string, value: unknown) => {
    const validate = ajv.getSchema(`api#/components/schemas/${component}`)!;
    expect({ component, valid: validate(value), errors: validate.errors }).toMatchObject({ valid: true });
  };
  as('RoutingRule', (await send('PUT', `${RULES}/r-1`, rule())).body);
  as('RoutingRulePage', (await get(RULES)).body);
  as('ServiceRouting', (await send('PUT', ECHO, { outbounds: [{ destinations: [{ service: 'db' }] }] })).body);
  as('ServiceRoutingPage', (await get('/v1/service-routings')).body);
  as('EffectiveRouting', (await get(`${ECHO}/effective`)).body);
  as('Problem', (await get(`${RULES}/none`)).body);
  expect(Object.keys(document.paths[`${RULES}/{id}`].put.responses)).toEqual(
    expect.arrayContaining(['200', '201', '400', '404', '409', '413', '415', '422', '503']),
  );
});

it('whoever audits is told of commands that changed nothing, and of no others', async () => {
  const { status, headers } = await send('DELETE', '/v1/routing-rules/nobody');
  expect(status).toBe(404);
  await send('PUT', '/v1/routing-rules/bad', { namespace: 1 });
  expect(attempts).toEqual([
    {
      time: expect.stringMatching(/Z$/),
      actor: 'http:127.0.0.1',
      requestId: headers.get('x-request-id'),
      action: 'DeleteRouteRule',
      subject: 'route-rule/nobody',
      outcome: 'refused',
      reason: expect.any(String),
      message: expect.stringContaining('nobody'),
    },
  ]);
});
