import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import {
  describeWithStack,
  oneTrace,
  type OtlpReceiver,
  type Stack,
  startOtlpReceiver,
  startStack,
} from '@thuban/testing';
import { openDelta } from './support/ads-client.js';
import { startChild, type Child } from './support/child.js';
import { eventually } from './support/eventually.js';
import { freePort } from './support/free-ports.js';
import { subscriptionsTo } from './support/raw-answers.js';
import { connectRaw } from './support/raw-grpc.js';

const TRACE_ID = 'a'.repeat(31) + '1';
const CLIENT_SPAN = 'b7ad6b7169203331';
const READY_WITHIN_MS = 30_000;

describeWithStack(['mysql', 'kafka'], 'one trace across the processes of the cluster', () => {
  let receiver: OtlpReceiver;
  let stack: Stack;
  const children: Child[] = [];

  /** Starts a process of the cluster on these settings and waits until it is ready. */
  const start = async (app: string, httpPort: number, flags: readonly string[]): Promise<void> => {
    const child = startChild(process.execPath, [`apps/${app}/dist/main.js`, '--http-port', String(httpPort), ...flags]);
    children.push(child);
    const ready = async (): Promise<void> => {
      const answer = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
      if (!answer.ok) throw new Error(await answer.text());
    };
    await eventually(ready, READY_WITHIN_MS).catch((cause: unknown) => {
      throw new Error(`${app} is not ready: ${String(cause)}\n${child.output()}`);
    });
  };

  beforeAll(async () => {
    [receiver, stack] = await Promise.all([startOtlpReceiver(), startStack(['mysql', 'kafka'])]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(children.map((child) => child.stop()));
    await receiver?.stop();
    await stack?.stop();
  });

  it('goes from the call over the commit, the relay, Kafka and the rows to the push', async () => {
    const ports = { registry: await freePort(), sdk: await freePort(), push: await freePort(), xds: await freePort() };
    const common = [
      ['--mysql-url', await stack.freshDatabase()],
      ['--kafka-brokers', stack.kafkaBrokers.join(',')],
      ['--kafka-topic-prefix', stack.freshPrefix()],
      ['--otlp-endpoint', receiver.endpoint],
    ].flat();
    await start('registry', ports.registry, ['--sdk-port', String(ports.sdk), ...common]);
    await start('xds-push', ports.push, ['--xds-port', String(ports.xds), ...common]);
    const stream = openDelta(`127.0.0.1:${ports.xds}`, subscriptionsTo(['echo']));
    await stream.waitFor('CDS');

    const instance = { id: 'one', namespace: 'default', service: 'echo', host: '127.0.0.1', port: 80 };
    const connection = connectRaw(`127.0.0.1:${ports.sdk}`);
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
  }, 120_000);
});
