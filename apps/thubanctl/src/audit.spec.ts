import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { captureIo } from './capture-io.js';
import { run } from './program.js';

const ITEMS = [
  {
    outcome: 'refused',
    at: '2026-01-02T00:00:00.000Z',
    actor: 'http:10.0.0.2',
    requestId: 'r2',
    type: 'DeleteService',
    reason: 'NOT_FOUND',
  },
  {
    ...{
      outcome: 'committed',
      at: '2026-01-01T00:00:00.000Z',
      actor: 'sdk:10.0.0.1',
      requestId: 'r1',
      type: 'ServiceCreated',
    },
    ...{ stream: 'service/default/echo', log: 'registry', shard: 3, seq: 1 },
  },
];
const COUNTS = { events: 1, attempts: 1, duplicates: 0, poison: { forged: 2, schema: 0 } };
const LOG = { name: 'registry', id: 'f00d', current: true, events: 1, behind: 0, source: 'same' };
const BREAK = {
  log: 'registry',
  logId: 'f00d',
  shard: 3,
  seq: 1,
  kind: 'broken',
  why: 'its hash does not follow',
  foundAt: '2026-01-03T00:00:00.000Z',
};
const GOOD = { ok: true, logs: [LOG], breaks: [], problems: [], counts: COUNTS, poison: [] };

let server: Server;
let answers: Record<string, object>;
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const path = (request.url ?? '').split('?')[0] ?? '';
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[path]));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
});

const ctl = async (...args: readonly string[]) => {
  const io = captureIo({ THUBANCTL_AUDIT_SERVER: `127.0.0.1:${(server.address() as AddressInfo).port}` });
  return { code: await run(args, io), out: io.outText(), err: io.errText() };
};

it('audit lists what is on record, with every filter handed on', async () => {
  answers = { '/v1/audit': { items: ITEMS } };
  const { code, out } = await ctl(
    'audit',
    '--actor',
    'a',
    '--stream',
    's',
    '--type',
    't',
    '--request',
    'r',
    '--outcome',
    'denied',
    '--since',
    'x',
    '--until',
    'y',
  );
  expect(code).toBe(0);
  expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['TIME', 'OUTCOME', 'ACTOR', 'WHAT', 'ABOUT', 'REASON'],
    ['2026-01-02T00:00:00.000Z', 'refused', 'http:10.0.0.2', 'DeleteService', '-', 'NOT_FOUND'],
    ['2026-01-01T00:00:00.000Z', 'committed', 'sdk:10.0.0.1', 'ServiceCreated', 'service/default/echo', '-'],
    [''],
  ]);
  expect(Object.fromEntries(new URL(`http://x${asked[0]}`).searchParams)).toEqual({
    ...{ actor: 'a', stream: 's', type: 't', requestId: 'r', outcome: 'denied', since: 'x', until: 'y', limit: '50' },
  });
});

it('audit stops at the limit that was asked for', async () => {
  answers = { '/v1/audit': { items: ITEMS, next: 'more' } };
  const { out } = await ctl('audit', '--limit', '4', '-o', 'json');
  expect(JSON.parse(out)).toHaveLength(4);
  expect(asked).toEqual(['/v1/audit?limit=4', '/v1/audit?cursor=more&limit=2']);
});

it('audit verify ends with 0 when the chain holds, and shows what was left out', async () => {
  answers = { '/v1/audit/verify': GOOD };
  const { code, out } = await ctl('audit', 'verify');
  expect({ code, out }).toEqual({
    code: 0,
    out: 'The hash chain holds.\nregistry (f00d): 1 events, the registry has the same\n1 attempts, 0 duplicate records, poison records: 2 forged\n',
  });
  expect(JSON.parse((await ctl('audit', 'verify', '-o', 'json')).out)).toEqual(GOOD);
});

it('audit verify ends with 1 when it is broken, and says where', async () => {
  answers = { '/v1/audit/verify': { ...GOOD, ok: false, breaks: [BREAK], problems: ['a problem'] } };
  const { code, out, err } = await ctl('audit', 'verify');
  expect(code).toBe(1);
  expect(err).toBe('thubanctl: The record does not verify.\n');
  expect(out).toContain(
    'THE HASH CHAIN IS BROKEN.\nlog "registry", shard 3, seq 1: its hash does not follow (found 2026-01-03T00:00:00.000Z)\na problem\n',
  );
});

it('audit ends with 5 when nobody answers', async () => {
  expect(await ctl('audit', 'verify', '--audit-server', '127.0.0.1:1')).toMatchObject({ code: 5 });
});
