import { request, type IncomingMessage } from 'node:http';
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { Client, credentials, status } from '@grpc/grpc-js';
import { envoy, grpcPackageDefinition, polaris } from '@thuban/proto';
import * as fc from 'fast-check';
import { openDelta } from './support/ads-client.js';
import { apiOf } from './support/api.js';
import { subscriptionsTo } from './support/raw-answers.js';
import { connectRaw, type RawConnection } from './support/raw-grpc.js';
import { startThuban, type Thuban } from './support/thuban.js';

type InstanceFields = MessageInitShape<typeof polaris.InstanceSchema>;

const pairs = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
// Written as JSON, because the literal would set the prototype.
const hostile = JSON.parse('{"__proto__":"x"}') as Record<string, string>;

/** Title, the fields that differ from a good instance, the code of the SDK protocol, and the field to be named. */
const REFUSED: readonly (readonly [string, InstanceFields, number, string])[] = [
  ['an empty service', { service: '' }, 400120, 'service'],
  ['a service name of 129 characters', { service: 's'.repeat(129) }, 400120, 'service'],
  ['a service name with a control character', { service: 'a\u0007b' }, 400120, 'service'],
  ['a namespace of 65 characters', { namespace: 'n'.repeat(65) }, 400110, 'namespace'],
  ['an empty host', { host: '' }, 400131, 'host'],
  ['a host of 129 characters', { host: 'h'.repeat(129) }, 400131, 'host'],
  ['port 70000', { port: 70_000 }, 400132, 'port'],
  ['weight 65536', { weight: 65_536 }, 400103, 'weight'],
  ['a protocol of 33 characters', { protocol: 'p'.repeat(33) }, 400136, 'protocol'],
  ['a version of 33 characters', { version: 'v'.repeat(33) }, 400137, 'version'],
  ['65 pairs of metadata', { metadata: pairs(65) }, 400150, 'metadata'],
  ['a metadata key of 129 characters', { metadata: { ['k'.repeat(129)]: 'v' } }, 400150, 'metadata'],
  ['a metadata value of 4097 characters', { metadata: { k: 'v'.repeat(4097) } }, 400150, 'metadata'],
];
const GOOD = { namespace: 'default', service: 'echo', host: '127.0.0.1', port: 9001 } satisfies InstanceFields;

let thuban: Thuban;
let raw: RawConnection;

beforeAll(async () => {
  thuban = await startThuban();
  raw = connectRaw(thuban.sdk);
});
afterAll(async () => {
  raw?.close();
  await thuban?.dispose();
});

const register = (fields: InstanceFields) =>
  raw.unary(
    'RegisterInstance',
    toBinary(polaris.InstanceSchema, create(polaris.InstanceSchema, { ...GOOD, ...fields })),
  );

describe('bad input over the SDK protocol writes nothing and names the field', () => {
  it.each(REFUSED)('%s', async (_title, fields, code, field) => {
    const outcome = await register(fields);
    if (!('bytes' in outcome)) throw new Error(`status ${outcome.status}: ${outcome.details}`);
    expect(fromBinary(polaris.ResponseSchema, outcome.bytes)).toMatchObject({
      code,
      info: expect.stringContaining(field),
    });
    expect(await apiOf(thuban.http).events()).toEqual([]);
  });

  it('a message of 5 MiB is refused, the connection serves on', async () => {
    const outcome = await register({ serviceToken: 'x'.repeat(5 * 1024 * 1024) });
    expect(outcome).toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    const next = await raw.unary(
      'DeregisterInstance',
      toBinary(polaris.InstanceSchema, create(polaris.InstanceSchema, GOOD)),
    );
    expect('bytes' in next && fromBinary(polaris.ResponseSchema, next.bytes).code).toBe(200000);
  });

  it('random bytes get an answer or a status, and nothing is written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const outcome = await raw.unary('RegisterInstance', bytes);
        if ('bytes' in outcome)
          expect(fromBinary(polaris.ResponseSchema, outcome.bytes).code).toBeGreaterThanOrEqual(400000);
        else expect(outcome.status).not.toBe(status.OK);
      }),
      { numRuns: 200 },
    );
    expect(await apiOf(thuban.http).events()).toEqual([]);
  });

  it('a Discover without a service, and one of an unknown type, leave the stream open', async () => {
    const requests = [
      { type: polaris.DiscoverRequest_DiscoverRequestType.INSTANCE },
      { type: 9999 as polaris.DiscoverRequest_DiscoverRequestType, service: { namespace: 'default', name: 'echo' } },
      { type: polaris.DiscoverRequest_DiscoverRequestType.SERVICES, service: { namespace: 'default' } },
    ].map((request) => toBinary(polaris.DiscoverRequestSchema, create(polaris.DiscoverRequestSchema, request)));
    const { answers, status: ended } = await raw.discover(requests);
    const codes = answers.map((bytes) => fromBinary(polaris.DiscoverResponseSchema, bytes).code);
    expect(codes).toEqual([400120, expect.any(Number), 200000]);
    expect(ended).toBe(status.OK);
  });
});

/** Announces 5 MiB of JSON and waits for the answer before it sends any of it. */
const sendEarly = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': 5 * 1024 * 1024 };
    const outgoing = request(url, { method: 'POST', headers }, (incoming) => {
      incoming.resume().on('end', () => outgoing.destroy());
      resolve(incoming);
    });
    outgoing.on('error', reject);
    outgoing.flushHeaders();
  });

describe('bad input over HTTP writes nothing and names the field', () => {
  const post = (body: string) =>
    fetch(`${thuban.http}/v1/namespaces/default/services/echo/instances`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });

  it.each([
    ...REFUSED.filter(([, fields]) => !('service' in fields) && !('namespace' in fields)).map(
      ([title, fields, , field]) => [title, fields as object, field] as const,
    ),
    ['weight −1', { weight: -1 }, 'weight'],
    ['a port with a fraction', { port: 80.5 }, 'port'],
    ['a port as text', { port: '80' }, 'port'],
    ['the metadata key __proto__', { metadata: hostile }, 'metadata'],
    ['a field that nobody knows', { prot: 'http' }, 'prot'],
  ] as const)('%s', async (_title, fields, field) => {
    const { host, port } = GOOD;
    const response = await post(JSON.stringify({ host, port, ...fields }));
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.text()).toContain(field);
    expect(await apiOf(thuban.http).events()).toEqual([]);
  });

  it.each([
    ['what is no JSON', '{"host":', 400],
    ['an array', '[]', 400],
  ])('%s', async (_title, body, code) => {
    const response = await post(body);
    expect(response.status).toBe(code);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it('a body of 5 MiB', async () => {
    // The answer comes before the body is sent; fetch may then see only the closed connection.
    const { statusCode, headers } = await sendEarly(`${thuban.http}/v1/namespaces/default/services/echo/instances`);
    expect(statusCode).toBe(413);
    expect(headers['content-type']).toContain('application/problem+json');
  });

  it('a path that is none', async () => {
    const response = await fetch(`${thuban.http}/v1/nothing`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});

describe('bad input over xDS ends the stream that sent it and no other', () => {
  const METHODS = grpcPackageDefinition(envoy.AggregatedDiscoveryService)[
    'envoy.service.discovery.v3.AggregatedDiscoveryService'
  ]!;

  const sendOnce = (bytes: Uint8Array): Promise<{ readonly code: number; readonly details: string }> =>
    new Promise((resolve) => {
      const client = new Client(thuban.xds, credentials.createInsecure());
      const asIs = (each: Buffer): Buffer => each;
      const call = client.makeBidiStreamRequest<Buffer, Buffer>(METHODS['StreamAggregatedResources']!.path, asIs, asIs);
      call.on('data', () => undefined).on('error', () => undefined);
      call.on('status', ({ code, details }) => {
        client.close();
        resolve({ code, details });
      });
      call.write(Buffer.from(bytes));
    });
  const encode = (fields: MessageInitShape<typeof envoy.DiscoveryRequestSchema>): Uint8Array =>
    toBinary(envoy.DiscoveryRequestSchema, create(envoy.DiscoveryRequestSchema, fields));

  it.each([
    ['R2: no type', () => encode({ node: { id: 'default/a' } }), /type_url/],
    ['R7: no node', () => encode({ typeUrl: 'type.googleapis.com/envoy.config.cluster.v3.Cluster' }), /node/],
    ['garbage', () => Buffer.from('ffffffffffff', 'hex'), /./],
  ] as const)('%s', async (_title, bytes, details) => {
    const other = openDelta(thuban.xds, subscriptionsTo([]));
    await other.waitFor('LDS');
    expect(await sendOnce(bytes())).toEqual({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(details) });
    const service = `after-${performance.now().toFixed()}`;
    await apiOf(thuban.http).register(service, { host: '127.0.0.1', port: 9001 });
    await other.waitFor('CDS', ({ resources }) => resources.some(({ name }) => name === `OUTBOUND|default|${service}`));
    other.close();
  });
});
