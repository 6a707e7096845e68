import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import { oneTrace, startOtlpReceiver, type OtlpReceiver } from '@thuban/testing';
import { openDelta } from './support/ads-client.js';
import { subscriptionsTo } from './support/raw-answers.js';
import { connectRaw } from './support/raw-grpc.js';
import { startThuban, type Thuban } from './support/thuban.js';

const TRACE_ID = 'a'.repeat(31) + '1';
const CLIENT_SPAN = 'b7ad6b7169203331';

describe('one trace across the processes of the cluster', () => {
  let receiver: OtlpReceiver;
  let thuban: Thuban;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    thuban = await startThuban(['--otlp-endpoint', receiver.endpoint]);
  });
  afterAll(async () => {
    await thuban?.dispose();
    await receiver?.stop();
  });

  it('goes from the call over the commit, the relay, Kafka and the rows to the push', async () => {
    const stream = openDelta(thuban.xds, subscriptionsTo(['echo']));
    await stream.waitFor('CDS');

    const instance = { id: 'one', namespace: 'default', service: 'echo', host: '127.0.0.1', port: 80 };
    const connection = connectRaw(thuban.sdk);
    const bytes = toBinary(polaris.InstanceSchema, create(polaris.InstanceSchema, instance));
    const traceparent = `00-${TRACE_ID}-${CLIENT_SPAN}-01`;
    const outcome = await connection.unary('RegisterInstance', bytes, { traceparent });
    connection.close();
    expect('bytes' in outcome && fromBinary(polaris.ResponseSchema, outcome.bytes).code).toBe(200000);
    await stream.waitFor('EDS', ({ resources }) => resources.length > 0);
    stream.close();

    const ofRegistry = [
      'v1.PolarisGRPC/RegisterInstance',
      'commit registry',
      'publish registry',
      'project registry-1',
    ].map((name) => ({ name, service: 'thuban-registry' }));
    const ofPush = ['receive registry', 'fold mesh', 'push xds'].map((name) => ({ name, service: 'thuban-xds-push' }));
    const trace = await receiver.waitFor(
      (all) => oneTrace(all, { traceId: TRACE_ID, clientSpanId: CLIENT_SPAN, spans: [...ofRegistry, ...ofPush] }),
      30_000,
    );
    const push = trace.find(({ name, attributes }) => name === 'push xds' && attributes['thuban.streams'] === 1);
    expect(push).toMatchObject({ kind: 'internal', attributes: { 'thuban.responses.cds': 1 } });
    expect(trace.find(({ name }) => name === 'publish registry')?.kind).toBe('producer');
    expect(trace.find(({ name }) => name === 'receive registry')?.kind).toBe('consumer');
  });
});
