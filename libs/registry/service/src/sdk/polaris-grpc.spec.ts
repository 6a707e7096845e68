import { connect as http2Connect, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import {
  type ClientDuplexStream,
  credentials,
  makeClientConstructor,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { REGISTRY_LOG, REGISTRY_SHARDS } from '@thuban/events';
import { createCommitter } from '@thuban/event-sourcing';
import { bootstrap, createLogger, createMetrics, type Running } from '@thuban/nest';
import { grpcPackageDefinition, polaris } from '@thuban/proto';
import { createRegistryState, registryDecider } from '@thuban/registry-domain';
import { everythingIn, openMemoryLog } from '@thuban/testing';
import { type RegistrySdk, registrySdk } from './registry-sdk.js';

type Request = MessageInitShape<typeof polaris.DiscoverRequestSchema>;
type Discover = ClientDuplexStream<polaris.DiscoverRequest, polaris.DiscoverResponse>;

const PolarisClient = makeClientConstructor(
  grpcPackageDefinition(polaris.PolarisGRPC, { decode: true })['v1.PolarisGRPC']!,
  'x',
);
const BytesClient = makeClientConstructor(grpcPackageDefinition(polaris.PolarisGRPC)['v1.PolarisGRPC']!, 'x');
const LOCAL = { what: 'a test', host: '127.0.0.1', port: 0 };
const ECHO = { namespace: 'default', service: 'echo', host: '127.0.0.1', port: 8080 };
const INSTANCE = polaris.DiscoverRequest_DiscoverRequestType.INSTANCE;

let running: Running;
let sdk: RegistrySdk;
let client: InstanceType<typeof PolarisClient>;
let raw: InstanceType<typeof BytesClient>;
const log = openMemoryLog({ name: REGISTRY_LOG, shards: REGISTRY_SHARDS });

beforeAll(async () => {
  const state = createRegistryState();
  let commits = 0;
  const committer = createCommitter({
    log,
    decider: registryDecider,
    state,
    folded: Array.from({ length: REGISTRY_SHARDS }, () => 0),
    clock: { now: () => 1_700_000_000_000 },
    afterPoll: setImmediate,
    newCommitId: () => `c-${++commits}`,
  });
  sdk = registrySdk({ committer, state, logId: log.id });
  running = await bootstrap({
    name: 'test',
    modules: [sdk.module],
    http: LOCAL,
    grpc: [{ ...LOCAL, packageDefinition: sdk.packageDefinition }],
    logger: createLogger('test', 'silent'),
    metrics: createMetrics(),
    checks: [],
    drainMs: 1000,
    signals: false,
  });
  const address = `127.0.0.1:${running.ports.grpc[0]}`;
  client = new PolarisClient(address, credentials.createInsecure());
  raw = new BytesClient(address, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  raw.close();
  await running.close();
});

const call = <T>(
  of: { [name: string]: unknown },
  method: string,
  request: unknown,
  metadata = new Metadata(),
): Promise<T> =>
  new Promise((resolve, reject) => {
    const unary = of[method] as (...args: unknown[]) => void;
    unary.call(of, request, metadata, (error: ServiceError | null, response: T) =>
      error ? reject(error) : resolve(response),
    );
  });
const instanceCall = (method: string, instance: MessageInitShape<typeof polaris.InstanceSchema>, metadata?: Metadata) =>
  call<polaris.Response>(client as never, method, create(polaris.InstanceSchema, instance), metadata);

/** A stream that can be read answer by answer. */
const openDiscover = (of: unknown = client) => {
  const stream = (of as { Discover(): Discover }).Discover();
  const answers: polaris.DiscoverResponse[] = [];
  const ended = new Promise<{ code: number; details: string }>((resolve) => stream.on('status', resolve));
  stream.on('error', () => undefined);
  stream.on('data', (answer: polaris.DiscoverResponse) => answers.push(answer));
  const answered = async (count: number) => {
    while (answers.length < count) await new Promise((resolve) => stream.once('data', resolve));
    return answers;
  };
  const send = (request: Request) => stream.write(create(polaris.DiscoverRequestSchema, request));
  return { stream, answers, answered, send, ended };
};

describe('an SDK over gRPC', () => {
  it('reports itself, registers, beats, is discovered and deregisters', async () => {
    const location = { region: '', zone: '', campus: '' };
    expect(
      await call(client as never, 'ReportClient', create(polaris.ClientSchema, { host: '10.0.0.1' })),
    ).toMatchObject({
      code: 200000,
      client: { host: '10.0.0.1', location },
    });
    const metadata = new Metadata();
    metadata.set('request-id', '4711');
    const checked = { ...ECHO, healthCheck: { type: 1, heartbeat: { ttl: 5 } } };
    const { instance } = await instanceCall('RegisterInstance', checked, metadata);
    expect(instance).toMatchObject(ECHO);
    const events = (await everythingIn(log)).flat();
    expect(events.map(({ meta }) => meta)).toContainEqual({ actor: 'sdk:127.0.0.1', requestId: '4711' });
    expect(await instanceCall('Heartbeat', ECHO)).toMatchObject({ code: 200000 });

    const { send, answered, stream, ended } = openDiscover();
    const service = { namespace: 'default', name: 'echo' };
    send({ type: INSTANCE, service });
    const [first] = await answered(1);
    expect(first).toMatchObject({ code: 200000, type: INSTANCE, service, instances: [{ id: instance!.id }] });
    send({ type: INSTANCE, service: { ...service, revision: first!.service!.revision! } });
    expect((await answered(2))[1]).toMatchObject({ code: 200001, instances: [] });
    expect(await instanceCall('DeregisterInstance', ECHO)).toMatchObject({ code: 200000 });
    send({ type: INSTANCE, service: { ...service, revision: first!.service!.revision! } });
    expect((await answered(3))[2]).toMatchObject({ code: 200000, instances: [] });
    expect(await instanceCall('Heartbeat', ECHO)).toMatchObject({ code: 400202 });
    stream.end();
    expect(await ended).toMatchObject({ code: status.OK });
  });

  it('gets one answer for each of many questions on one stream, in order, then the end on half-close', async () => {
    const { send, stream, answers, ended } = openDiscover();
    const names = Array.from({ length: 500 }, (_, i) => `service-${i}`);
    for (const name of names) send({ type: INSTANCE, service: { namespace: 'default', name }, Direction: 1 });
    stream.end();
    expect(await ended).toMatchObject({ code: status.OK });
    expect(answers.map(({ service }) => service?.name)).toEqual(names);
    expect(new Set(answers.map(({ code, Direction }) => `${code}/${Direction}`))).toEqual(new Set(['400202/1']));
  });

  it('may probe a type without a service', async () => {
    const { send, answered, stream } = openDiscover();
    send({ type: 0 });
    send({ type: 100 });
    expect(await answered(2)).toMatchObject([
      { code: 400004, type: 0 },
      { code: 400120, type: 100 },
    ]);
    stream.end();
  });

  it('is not sent compressed messages, whatever it accepts', async () => {
    const stream = (client as unknown as { Discover(metadata: Metadata): Discover }).Discover(new Metadata());
    const headers = new Promise<Metadata>((resolve) => stream.on('metadata', resolve));
    stream.on('data', () => stream.end());
    stream.write(create(polaris.DiscoverRequestSchema, { type: INSTANCE, service: { name: 'x'.repeat(10_000) } }));
    expect(['identity', undefined]).toContain((await headers).get('grpc-encoding')[0]);
    await new Promise((resolve) => stream.on('status', resolve));
  });
});

describe('a client with an HTTP/2 stack of its own, as polaris-cpp', () => {
  const framed = (message: Buffer): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    return Buffer.concat([head, message]);
  };

  it('is served with odd settings, an empty token and many pings, and never gets a compressed message', async () => {
    const port = running.ports.grpc[0]!;
    await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.destroy());
      socket.once('close', resolve);
    });
    const settings = { maxConcurrentStreams: 0, maxHeaderListSize: 8192, customSettings: { 0xfe03: 1 } };
    const session = http2Connect(`http://127.0.0.1:${port}`, { settings });
    await new Promise((resolve) => session.once('connect', resolve));
    for (let i = 0; i < 20; i++)
      await new Promise<void>((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/v1.PolarisGRPC/ReportClient',
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-accept-encoding': 'identity,deflate,gzip',
      'client-ip': '10.0.0.1',
      'x-polaris-token': '',
    });
    const chunks: Buffer[] = [];
    const headers = new Promise<IncomingHttpHeaders>((resolve) => stream.once('response', resolve));
    const trailers = new Promise<IncomingHttpHeaders>((resolve) => stream.once('trailers', resolve));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.end(framed(Buffer.alloc(0)));
    expect(await headers).toMatchObject({ ':status': 200 });
    expect(await trailers).toMatchObject({ 'grpc-status': '0' });
    const answer = Buffer.concat(chunks);
    expect(answer[0]).toBe(0);
    const response = fromBinary(polaris.ResponseSchema, answer.subarray(5));
    expect(response).toMatchObject({ code: 200000, client: { host: '127.0.0.1', location: { region: '' } } });
    await new Promise<void>((resolve) => session.close(resolve));
  });
});

describe('bad input over gRPC', () => {
  const garbage = Buffer.from([0xff, 0xff, 0xff]);

  it.each(['ReportClient', 'RegisterInstance', 'DeregisterInstance', 'Heartbeat'])(
    '%s of bytes that are no message is 400001',
    async (method) => {
      const bytes = await call<Buffer>(raw as never, method, garbage);
      expect([...bytes.subarray(0, 2)]).toEqual([0x0a, 0x04]);
      expect(bytes.toString('latin1')).toContain('the request is no');
    },
  );

  it('on a Discover stream ends that stream with INVALID_ARGUMENT, and the connection stays', async () => {
    const { stream, ended } = openDiscover(raw);
    stream.write(garbage as never);
    expect(await ended).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('DiscoverRequest'),
    });
    expect(await instanceCall('Heartbeat', ECHO)).toMatchObject({ code: 400202 });
  });

  it('of 5 MiB is RESOURCE_EXHAUSTED, in a call and on a stream, and the connection stays', async () => {
    const large = Buffer.alloc(5 * 1024 * 1024);
    await expect(call(raw as never, 'RegisterInstance', large)).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
    const { stream, ended } = openDiscover(raw);
    stream.write(large as never);
    expect(await ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await call<Buffer>(raw as never, 'Heartbeat', Buffer.alloc(0))).toBeInstanceOf(Buffer);
  });

  it('writes nothing', async () => {
    const before = (await everythingIn(log)).flat().length;
    expect(await instanceCall('RegisterInstance', { ...ECHO, port: 70_000 })).toMatchObject({ code: 400132 });
    expect((await everythingIn(log)).flat()).toHaveLength(before);
  });
});

it('ends open streams with OK when the process drains', async () => {
  const { send, answered, ended } = openDiscover();
  send({ type: 0 });
  await answered(1);
  expect(sdk.stats.streams).toBe(1);
  sdk.endStreams();
  expect(await ended).toMatchObject({ code: status.OK });
  expect(sdk.stats.streams).toBe(0);
});

it('counts answers by method and code, and open streams', async () => {
  const before = sdk.stats.answers.Heartbeat.get(400202) ?? 0;
  await instanceCall('Heartbeat', { ...ECHO, port: 9 });
  expect(sdk.stats.answers.Heartbeat.get(400202)).toBe(before + 1);
  const { unchanged, refused } = sdk.stats.discover;
  const { send, answered, stream, ended } = openDiscover();
  send({ type: 0 });
  await answered(1);
  expect(sdk.stats.discover).toMatchObject({ unchanged, refused: refused + 1 });
  stream.end();
  await ended;
  expect(sdk.stats.streams).toBe(0);
});
