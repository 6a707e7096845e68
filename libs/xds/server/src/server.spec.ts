import { connect, constants } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  credentials,
  makeClientConstructor,
  Server,
  ServerCredentials,
  status,
  type ClientDuplexStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { envoy, grpcPackageDefinition } from '@thuban/proto';
import {
  ADS_TYPE_URL,
  adsChannel,
  connectAds,
  memorySource,
  type AdsClientOptions,
  type MemorySource,
  type TestXdsType,
} from '@thuban/testing';
import { nodeFacts } from '@thuban/xds-snapshot';
import {
  ADS_CHANNEL_OPTIONS,
  xdsServer,
  type ObservePush,
  type ServerLimits,
  type SentChange,
  type XdsServer,
} from './index.js';

interface Running {
  readonly source: MemorySource;
  readonly xds: XdsServer;
  readonly port: number;
  connect(options?: AdsClientOptions): ReturnType<typeof connectAds>;
}

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  limits: Partial<ServerLimits> = { closeMs: 0 },
  ready = () => true,
  observe?: ObservePush,
): Promise<Running> {
  const source = memorySource();
  const xds = xdsServer({
    resources: source,
    nodeFacts,
    clock,
    afterPoll: setImmediate,
    limits,
    ready,
    controlPlane: 'here',
    observe,
  });
  const server = new Server(ADS_CHANNEL_OPTIONS);
  server.addService(
    xds.packageDefinition['envoy.service.discovery.v3.AggregatedDiscoveryService'] as ServiceDefinition,
    {
      StreamAggregatedResources: (call: unknown) => xds.serve('sotw', call as never),
      DeltaAggregatedResources: (call: unknown) => xds.serve('delta', call as never),
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  cleanups.push(() => server.forceShutdown());
  cleanups.push(() => xds.close());
  const connect = (options: AdsClientOptions = {}) => {
    const client = connectAds(port, options);
    cleanups.push(() => client.close());
    return client;
  };
  return { source, xds, port, connect };
}

describe.each(['delta', 'sotw'] as const)('R1: a %s stream over a socket', (mode) => {
  it('is told of a change and of nothing else', async () => {
    const { source, connect } = await start();
    source.put(['EDS', 'echo', 'one']);
    const envoy = connect({ mode });
    envoy.subscribe('EDS', 'echo');
    const first = await envoy.accept('EDS');
    expect([...first.resources.keys()]).toEqual(['echo']);
    await envoy.expectSilence(); // R15
    source.put(['EDS', 'echo', 'two'], ['EDS', 'other', 'one']);
    const second = await envoy.accept('EDS');
    expect([...second.resources.keys()]).toEqual(['echo']);
    expect(second.resources.get('echo')).not.toBe(first.resources.get('echo'));
    expect(second.controlPlane).toBe('here'); // R9
  });

  it('R6: names its node in the first message only, or in all of them', async () => {
    const { source, xds, connect } = await start();
    source.put(['CDS', 'a', '1'], ['LDS', 'l', '1']);
    for (const nodeAlways of [false, true]) {
      const envoy = connect({ mode, nodeAlways });
      envoy.subscribe('CDS');
      await envoy.accept('CDS');
      envoy.subscribe('LDS');
      await envoy.accept('LDS');
    }
    expect(xds.status().map(({ namespace, userAgent }) => [namespace, userAgent])).toEqual([
      ['default', 'envoy'],
      ['default', 'envoy'],
    ]);
  });

  it('R7: without a node, or with a nameless one, is refused and says why', async () => {
    const { connect } = await start();
    for (const [node, what] of [
      [undefined, /node: missing/],
      [{ cluster: 'c' }, /node\.id/],
      [{ id: 'no namespace' }, /node\.id/],
    ] as const) {
      const client = connect({ mode, node });
      client.subscribe('CDS');
      expect(await client.ended).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(what) });
    }
  });

  it('R2: without a type is refused and says why', async () => {
    const { connect } = await start();
    const client = connect({ mode });
    client.send({ responseNonce: '1' });
    expect(await client.ended).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^type_url: empty/),
    });
  });

  it('S13: garbage ends its own stream and nothing else', async () => {
    const { source, port, xds, connect } = await start();
    source.put(['EDS', 'echo', 'one']);
    const good = connect({ mode });
    good.subscribe('EDS', 'echo');
    await good.accept('EDS');
    const ended = await garbage(port, mode);
    expect(ended).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(/^not a /) });
    source.put(['EDS', 'echo', 'two']);
    await good.accept('EDS');
    expect(xds.stats.refusals.invalid).toBe(1);
  });

  it('R58: before the registry is loaded is told to try again', async () => {
    let loaded = false;
    const { source, connect } = await start({}, () => loaded);
    source.put(['CDS', 'a', '1']);
    const early = connect({ mode });
    early.subscribe('CDS');
    expect(await early.ended).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringMatching(/not ready/) });
    loaded = true;
    const later = connect({ mode });
    later.subscribe('CDS');
    expect((await later.accept('CDS')).resources.size).toBe(1);
  });

  it('INV-17: one stream more than there is room for is turned away', async () => {
    const { source, connect, xds } = await start({ streamsMax: 1 });
    source.put(['CDS', 'a', '1']);
    const first = connect({ mode });
    first.subscribe('CDS');
    await first.accept('CDS');
    const second = connect({ mode });
    second.subscribe('CDS');
    expect(await second.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(xds.stats.refusals.full).toBe(1);
  });

  it('INV-17: a stream that subscribes to too many names is ended', async () => {
    const { connect, xds } = await start({ namesMax: 3 });
    const client = connect({ mode });
    client.subscribe('EDS', 'a', 'b', 'c', 'd');
    expect(await client.ended).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(/3 names/),
    });
    expect(xds.stats.evictions.names).toBe(1);
  });

  it('INV-17: a request that is too long ends the stream', async () => {
    const { connect } = await start({ requestBytesMax: 1000 });
    const client = connect({ mode });
    client.subscribe('EDS', 'x'.repeat(2000));
    expect(await client.ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('INV-17, 4.3-14: a reader that does not read gets no queue; one that stays stuck is evicted', async () => {
    const { source, xds, port } = await start({ drainMsMax: 200 });
    const big = (content: string) => ({ content, bytes: 900_000 });
    source.put(['EDS', 'a', big('0')], ['LDS', 'b', big('0')], ['RDS', 'c', big('0')]);
    const stuck = stuckReader(port, mode, [
      ['EDS', 'a'],
      ['LDS', 'b'],
      ['RDS', 'c'],
    ]);
    await until(() => xds.status().some(({ blockedMs }) => blockedMs !== undefined));
    for (const content of ['1', '2', '3']) source.put(['EDS', 'a', big(content)], ['RDS', 'c', big(content)]);
    await until(() => xds.stats.evictions.slow === 1);
    const { EDS, LDS, RDS } = xds.stats.pushes;
    expect(EDS + LDS + RDS).toBe(1); // nothing was queued behind what is stuck
    expect(xds.status()).toEqual([]);
    expect(await stuck).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM); // or the bytes would stay as long as the connection
  });

  it('R54: what drains goes on with the newest', async () => {
    const { source, xds, connect } = await start();
    const big = (content: string) => ({ content, bytes: 900_000 });
    source.put(['EDS', 'a', big('0')], ['LDS', 'b', big('0')], ['RDS', 'c', big('0')]);
    const client = connect({ mode });
    client.pause();
    client.subscribe('EDS', 'a');
    client.subscribe('LDS', 'b');
    client.subscribe('RDS', 'c');
    await until(() => xds.stats.pushes.EDS === 1);
    source.put(['RDS', 'c', big('newest')]);
    client.proceed();
    const last = new Map<string, Uint8Array>();
    while (!Buffer.from(last.get('c') ?? []).includes('newest')) {
      const response = await client.next();
      for (const [name, body] of response.bodies) last.set(name, body);
      client.ack(response);
    }
    expect(xds.stats.evictions.slow).toBe(0);
  });

  it('a stream that never asks for anything is ended', async () => {
    const { connect, xds } = await start({ firstRequestMsMax: 50 });
    const client = connect({ mode });
    expect(await client.ended).toMatchObject({ code: status.UNAVAILABLE });
    expect(xds.stats.evictions.silent).toBe(1);
  });

  it('shows what each stream should hold, has acknowledged and has refused (R39)', async () => {
    const { source, xds, connect } = await start();
    source.put(['EDS', 'echo', 'one'], ['CDS', 'c', '1']);
    const envoy = connect({ mode });
    envoy.subscribe('CDS');
    await envoy.accept('CDS');
    envoy.subscribe('EDS', 'echo');
    envoy.nack(await envoy.expectResponse('EDS'), 'bad locality');
    await envoy.expectSilence();
    const [stream] = xds.status();
    const [cds, eds] = stream!.types;
    expect(stream).toMatchObject({ mode, nodeId: 'sidecar~default/test~127.0.0.1', kind: 'sidecar' });
    expect(cds).toMatchObject({ type: 'CDS', wildcard: true, subscribed: 1, waiting: 0, unacknowledged: 0 });
    expect(cds!.acknowledgedVersion).toBe(cds!.intendedVersion);
    expect(eds).toMatchObject({ type: 'EDS', refused: ['echo'], nack: { message: 'bad locality', names: ['echo'] } });
    expect(eds!.acknowledgedVersion).not.toBe(eds!.intendedVersion);
    expect(xds.stats.nacks).toMatchObject({ EDS: 1, CDS: 0 });
  });

  it('releases what it had in use when it goes', async () => {
    const { source, xds, connect } = await start();
    source.put(['CDS', 'a', '1']);
    const client = connect({ mode });
    client.subscribe('CDS');
    await client.accept('CDS');
    expect(source.retained.get('CDS ')).toBe(1);
    client.close();
    await client.ended;
    await until(() => xds.stats.streams[mode] === 0);
    expect(source.retained.get('CDS ')).toBe(0);
  });

  it('is told when the server goes', async () => {
    const { source, xds, connect } = await start({ closeMs: 50 });
    source.put(['CDS', 'a', '1']);
    const clients = [connect({ mode }), connect({ mode }), connect({ mode })];
    for (const client of clients) {
      client.subscribe('CDS');
      await client.accept('CDS');
    }
    await xds.close();
    for (const client of clients)
      expect(await client.ended).toMatchObject({ code: status.UNAVAILABLE, details: 'shutting down' });
    const late = connect({ mode });
    late.subscribe('CDS');
    expect(await late.ended).toMatchObject({ code: status.UNAVAILABLE });
  });
});

it('INV-10: one change reaches 1,000 streams, as one message, and all acknowledge it', async () => {
  const { source, xds, port } = await start();
  source.put(['EDS', 'echo', '0'], ['EDS', 'other', '0']);
  const channels = Array.from({ length: 10 }, () => adsChannel(port));
  cleanups.push(() => channels.forEach((channel) => channel.close()));
  const clients = channels.flatMap((channel) => Array.from({ length: 100 }, () => connectAds(port, { channel })));
  await Promise.all(
    clients.map((client) => {
      client.subscribe('EDS', 'echo');
      return client.accept('EDS');
    }),
  );
  source.put(['EDS', 'other', '1']);
  source.put(['EDS', 'echo', '1']);
  const heard = await Promise.all(clients.map((client) => client.accept('EDS')));
  await until(() => xds.stats.convergence.count >= 1000);
  expect(new Set(heard.map(({ resources }) => resources.get('echo'))).size).toBe(1);
  expect(new Set(heard.map(({ nonce }) => nonce)).size).toBe(1);
  expect(xds.stats).toMatchObject({ pushes: { EDS: 2000 }, streams: { delta: 1000 } });
});

/** Sends bytes that are no request on a stream of its own. */
async function garbage(port: number, mode: 'delta' | 'sotw') {
  const methods = grpcPackageDefinition(envoy.AggregatedDiscoveryService)[envoy.AggregatedDiscoveryService.typeName];
  const Raw = makeClientConstructor(methods as ServiceDefinition, 'Raw');
  const client = new Raw(`127.0.0.1:${port}`, credentials.createInsecure());
  cleanups.push(() => client.close());
  const method = mode === 'delta' ? 'DeltaAggregatedResources' : 'StreamAggregatedResources';
  const call = (client as unknown as Record<string, () => ClientDuplexStream<Buffer, Buffer>>)[method]!();
  call.on('error', () => undefined);
  call.on('data', () => undefined);
  const ended = new Promise((resolve) => call.on('status', resolve));
  call.write(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0x01])); // a field that is longer than the message
  return ended;
}

/** Subscribes over a bare HTTP/2 connection and reads nothing, ever. Resolves to the code of the reset. */
function stuckReader(port: number, mode: 'delta' | 'sotw', subscriptions: readonly (readonly [TestXdsType, string])[]) {
  const session = connect(`http://127.0.0.1:${port}`);
  cleanups.push(() => session.destroy());
  const method = mode === 'delta' ? 'DeltaAggregatedResources' : 'StreamAggregatedResources';
  const stream = session.request({
    ':method': 'POST',
    ':path': `/${envoy.AggregatedDiscoveryService.typeName}/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  for (const [type, name] of subscriptions) stream.write(framed(requestFor(mode, type, name)));
  return new Promise<number>((resolve) => {
    stream.on('error', () => undefined);
    stream.on('close', () => resolve(stream.rstCode ?? 0));
  });
}

function requestFor(mode: 'delta' | 'sotw', type: TestXdsType, name: string): Uint8Array {
  const common = { node: { id: 'sidecar~default/stuck~127.0.0.1' }, typeUrl: ADS_TYPE_URL[type] };
  if (mode === 'sotw')
    return toBinary(
      envoy.DiscoveryRequestSchema,
      create(envoy.DiscoveryRequestSchema, { ...common, resourceNames: [name] }),
    );
  const request = create(envoy.DeltaDiscoveryRequestSchema, { ...common, resourceNamesSubscribe: [name] });
  return toBinary(envoy.DeltaDiscoveryRequestSchema, request);
}

/** A gRPC message: not compressed, its length, its bytes. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Looks again after every turn of the event loop, for what no response tells of. */
async function until(reached: () => boolean, patienceMs = 4000): Promise<void> {
  const lateMs = performance.now() + patienceMs;
  while (!reached()) {
    if (performance.now() > lateMs) throw new Error(`not reached within ${patienceMs} ms: ${reached}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('an observer of pushes', () => {
  const observed = async () => {
    const sent: SentChange[] = [];
    const waiting: (() => void)[] = [];
    const running = await start({ closeMs: 0, quietPeriodMs: 300 }, undefined, () => (change) => {
      sent.push(change);
      waiting.shift()?.();
    });
    /** What was written of the next change. */
    const next = (change: () => void) =>
      new Promise<SentChange | undefined>((resolve) => {
        waiting.push(() => resolve(sent.at(-1)));
        change();
      });
    return { ...running, sent, next };
  };

  it('is told of a change when it is written, to how many streams and as what', async () => {
    const { source, xds, connect, next } = await observed();
    const envoys = [connect({ mode: 'delta' }), connect({ mode: 'sotw' })];
    source.put(['EDS', 'echo', 'one']);
    for (const envoy of envoys) {
      envoy.subscribe('EDS', 'echo');
      await envoy.accept('EDS');
    }
    await until(() => xds.stats.requests.ACK === 2);
    expect(await next(() => source.put(['EDS', 'echo', 'two']))).toMatchObject({
      streams: 2,
      responses: { CDS: 0, EDS: 2, LDS: 0, RDS: 0 },
    });
    for (const envoy of envoys) await envoy.accept('EDS');
    expect(await next(() => source.put(['EDS', 'other', 'one']))).toMatchObject({ streams: 0, bytes: 0 });
  });

  it('of clusters that are collected first is told when they leave', async () => {
    const { source, xds, connect, next, sent } = await observed();
    const envoy = connect({ mode: 'delta' });
    envoy.subscribe('CDS');
    source.put(['CDS', 'a', '1']);
    await envoy.accept('CDS');
    await until(() => xds.stats.requests.ACK === 1);
    const before = sent.length;
    const second = next(() => source.put(['CDS', 'b', '1']));
    await new Promise(setImmediate);
    expect(sent).toHaveLength(before);
    expect(await second).toMatchObject({ streams: 1, responses: { CDS: 1 } });
  });
});
