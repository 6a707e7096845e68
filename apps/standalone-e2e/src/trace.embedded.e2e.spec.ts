import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import { oneTrace, type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '@thuban/testing';
import { openDelta } from './support/ads-client.js';
import { apiOf } from './support/api.js';
import { eventually } from './support/eventually.js';
import { startPolarisGo } from './support/polaris-go.js';
import { connectRaw } from './support/raw-grpc.js';
import { subscriptionsTo } from './support/raw-answers.js';
import { startEmbedded, type Embedded } from './support/embedded.js';
import { describeWith } from './support/tools.js';

const CLIENT_SPAN = 'b7ad6b7169203331';
const traceId = (n: number): string => n.toString(16).padStart(32, 'a');
const traceparent = (id: string, flags = '01'): string => `00-${id}-${CLIENT_SPAN}-${flags}`;

/** Everything that a registration causes, up to the proxies and the rows. */
const WAY = ['commit registry', 'fold mesh', 'push xds', 'project registry-1'] as const;
const expected = (id: string, server: string) => ({
  traceId: id,
  spans: [server, ...WAY].map((name) => ({ name, service: 'thuban' })),
});

const byName = (spans: readonly ReceivedSpan[]): ReadonlyMap<string, ReceivedSpan> =>
  new Map(spans.map((span) => [span.name, span]));

const register = async (sdk: string, id: string, headers: Readonly<Record<string, string>>): Promise<void> => {
  const instance = { id, namespace: 'default', service: 'echo', host: '127.0.0.1', port: 80 };
  const wrapped = create(polaris.InstanceSchema, instance);
  const connection = connectRaw(sdk);
  const outcome = await connection.unary('RegisterInstance', toBinary(polaris.InstanceSchema, wrapped), headers);
  connection.close();
  if (!('bytes' in outcome)) throw new Error(outcome.details);
  expect(fromBinary(polaris.ResponseSchema, outcome.bytes).code).toBe(200000);
};

describe('one trace per registration', () => {
  let receiver: OtlpReceiver;
  let thuban: Embedded;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    thuban = await startEmbedded({ flags: ['--otlp-endpoint', receiver.endpoint] });
  });
  afterAll(async () => {
    await thuban?.dispose();
    await receiver?.stop();
  });

  it("continues the trace of an SDK's call, from the answer to the proxies and the rows", async () => {
    const stream = openDelta(thuban.xds, subscriptionsTo(['echo']));
    await stream.waitFor('CDS');
    const id = traceId(1);
    await register(thuban.sdk, 'one', { traceparent: traceparent(id), 'request-id': 'mine' });
    await stream.waitFor('EDS', ({ resources }) => resources.length > 0);
    const trace = await receiver.waitFor((all) =>
      oneTrace(all, { ...expected(id, 'v1.PolarisGRPC/RegisterInstance'), clientSpanId: CLIENT_SPAN }),
    );
    const spans = byName(trace);
    const server = spans.get('v1.PolarisGRPC/RegisterInstance')!;
    expect(server).toMatchObject({
      kind: 'server',
      parentSpanId: CLIENT_SPAN,
      attributes: { 'rpc.method': 'RegisterInstance', 'client.address': '127.0.0.1', 'thuban.code': 200000 },
    });
    for (const name of WAY) expect(spans.get(name)).toMatchObject({ traceId: id, parentSpanId: server.spanId });
    expect(spans.get('push xds')?.attributes).toMatchObject({ 'thuban.streams': 1, 'thuban.responses.cds': 1 });
    // In this order, by the clock of one process.
    const ends = ['commit registry', 'fold mesh', 'push xds', 'project registry-1'].map(
      (name) => spans.get(name)!.endNs,
    );
    expect([...ends].sort((a, b) => (a < b ? -1 : 1))).toEqual(ends);
    expect(spans.get('commit registry')!.endNs).toBeLessThan(server.endNs);
  });

  it('is in the event: its traceparent is the span of the call', async () => {
    const id = traceId(2);
    await register(thuban.sdk, 'two', { traceparent: traceparent(id) });
    const found = await eventually(async () => {
      const { items } = (await (await fetch(`${thuban.http}/v1/events?log=registry`)).json()) as {
        readonly items: readonly { readonly meta: { readonly traceparent?: string } }[];
      };
      return items.map(({ meta }) => meta.traceparent).find((text) => text?.includes(id));
    });
    const [server] = await receiver.waitFor((all) => {
      const spans = all.filter(({ name, traceId }) => name.endsWith('/RegisterInstance') && traceId === id);
      expect(spans).toHaveLength(1);
      return spans;
    });
    expect(found).toBe(`00-${id}-${server?.spanId}-01`);
  });

  it('begins with an HTTP request that brings none', async () => {
    await apiOf(thuban.http).register('web', { id: 'three', host: '127.0.0.1', port: 80 });
    const name = 'POST /v1/namespaces/:namespace/services/:service/instances';
    const id = await receiver.waitFor((all) => {
      const span = all.find((each) => each.name === name);
      expect(span).toMatchObject({
        kind: 'server',
        attributes: { 'http.request.method': 'POST', 'http.response.status_code': 201 },
      });
      expect(span?.parentSpanId).toBeUndefined();
      return span!.traceId;
    });
    await receiver.waitFor((all) => oneTrace(all, expected(id, name)));
  });

  it('is found by a link when its commit carried others too', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => traceId(100 + n));
    await Promise.all(ids.map((id, n) => register(thuban.sdk, `many-${n}`, { traceparent: traceparent(id) })));
    for (const id of ids)
      await receiver.waitFor((all) =>
        oneTrace(all, { ...expected(id, 'v1.PolarisGRPC/RegisterInstance'), clientSpanId: CLIENT_SPAN }),
      );
    const commits = receiver.spans().filter(({ name }) => name === 'commit registry');
    expect(commits.some(({ links }) => links.length > 0)).toBe(true);
  });

  it('is not recorded when the client does not record it, nor for what changes nothing', async () => {
    const unrecorded = traceId(3);
    await register(thuban.sdk, 'four', { traceparent: traceparent(unrecorded, '00') });
    await fetch(`${thuban.http}/v1/namespaces`);
    const last = traceId(4);
    await register(thuban.sdk, 'five', { traceparent: traceparent(last) });
    await receiver.waitFor((all) =>
      oneTrace(all, { ...expected(last, 'v1.PolarisGRPC/RegisterInstance'), clientSpanId: CLIENT_SPAN }),
    );
    expect(receiver.spans().filter((span) => span.traceId === unrecorded)).toEqual([]);
    expect(receiver.spans().filter(({ name }) => name.startsWith('GET'))).toEqual([]);
  });
});

describeWith(['polaris-go'], 'one trace per registration of polaris-go', () => {
  it('begins with the call, as the SDK brings none', async () => {
    const receiver = await startOtlpReceiver();
    const thuban = await startEmbedded({ flags: ['--otlp-endpoint', receiver.endpoint] });
    const provider = await startPolarisGo('1.7.0', thuban.sdk);
    const stream = openDelta(thuban.xds, subscriptionsTo(['echo']));
    try {
      await stream.waitFor('CDS');
      await provider.ask('register', { service: 'echo', host: '127.0.0.1', port: 80, weight: 100, ttl: 2 });
      const name = 'v1.PolarisGRPC/RegisterInstance';
      const id = await receiver.waitFor((all) => {
        const span = all.find((each) => each.name === name);
        if (!span) throw new Error('no span of the call yet');
        return span.traceId;
      });
      await receiver.waitFor((all) => oneTrace(all, expected(id, name)));
    } finally {
      stream.close();
      await provider.stop();
      await thuban.dispose();
      await receiver.stop();
    }
  });
});

describe('traces that cannot be sent', () => {
  it('are refused at the start when the endpoint is no address', async () => {
    await expect(startEmbedded({ flags: ['--otlp-endpoint', 'collector'] })).rejects.toThrow(
      'traces cannot be sent to "collector": --otlp-endpoint',
    );
  });

  it('cost a line in the log and nothing else', async () => {
    const receiver = await startOtlpReceiver();
    receiver.answer(400);
    const thuban = await startEmbedded({ flags: ['--otlp-endpoint', receiver.endpoint] });
    try {
      await register(thuban.sdk, 'one', {});
      await eventually(() => expect(thuban.output()).toContain('traces cannot be sent to'));
      await register(thuban.sdk, 'two', {});
      expect(await thuban.stop()).toMatchObject([{ code: 0 }]);
    } finally {
      await thuban.dispose();
      await receiver.stop();
    }
  });
});
