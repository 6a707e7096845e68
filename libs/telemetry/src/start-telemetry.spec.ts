import { oneTrace, type OtlpReceiver, startOtlpReceiver } from '@thuban/testing';
import { observeBatches, observingBatches } from './observe-batches.js';
import { startTelemetry, type TelemetryOptions } from './start-telemetry.js';
import { parseTraceparent } from './traceparent.js';
import type { Tracer } from './tracer.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CLIENT = { traceId: TRACE_ID, spanId: 'b7ad6b7169203331' };
const SAMPLED = `00-${TRACE_ID}-${CLIENT.spanId}-01`;
const event = (traceparent?: string) => ({ meta: traceparent === undefined ? {} : { traceparent } });
const traceOf = (n: number): string => `00-${(n + 1).toString(16).padStart(32, '0')}-${CLIENT.spanId}-01`;

describe('telemetry that is off', () => {
  it.each([undefined, ''])('for the endpoint %j has no tracer, and observes nothing', async (endpoint) => {
    const { tracer, shutdown } = await startTelemetry({ service: 'x', version: '1', endpoint });
    expect(tracer).toBeUndefined();
    expect(observeBatches(tracer, { name: 'commit' })).toBeUndefined();
    const apply = () => undefined;
    expect(observingBatches(undefined, apply)).toBe(apply);
    await shutdown();
  });
  it.each(['localhost:4318', 'ftp://x', 'collector'])('cannot be turned on with %s', (endpoint) =>
    expect(startTelemetry({ service: 'x', version: '1', endpoint })).rejects.toThrow(
      `traces cannot be sent to "${endpoint}": --otlp-endpoint`,
    ),
  );
});

describe('telemetry that is on', () => {
  let receiver: OtlpReceiver;
  const problems: (Error | undefined)[] = [];
  const stops: (() => Promise<void>)[] = [];
  const start = async (options: Partial<TelemetryOptions> = {}): Promise<Tracer> => {
    const { endpoint } = receiver;
    const onProblem = (error: Error | undefined): void => void problems.push(error);
    const { tracer, shutdown } = await startTelemetry({ service: 'x', version: '1', endpoint, onProblem, ...options });
    stops.push(shutdown);
    if (!tracer) throw new Error('off');
    return tracer;
  };
  const stopAll = () => Promise.all(stops.splice(0).map((stop) => stop()));
  beforeEach(async () => {
    problems.length = 0;
    receiver = await startOtlpReceiver();
  });
  afterEach(async () => {
    await stopAll();
    await receiver.stop();
  });

  it('sends what was recorded, with its times, attributes and error', async () => {
    const tracer = await start();
    const span = tracer.start('work', { kind: 'server', attributes: { a: 'b' } });
    span?.end({ n: 3, ok: true }, new Error('broken'));
    await stopAll();
    const [received, ...more] = receiver.spans();
    expect(more).toEqual([]);
    expect(received).toMatchObject({
      service: 'x',
      name: 'work',
      kind: 'server',
      attributes: { a: 'b', n: 3, ok: true },
      error: 'broken',
    });
    expect(received?.parentSpanId).toBeUndefined();
    expect(received!.endNs).toBeGreaterThanOrEqual(received!.startNs);
    expect(span?.traceparent).toBe(`00-${received?.traceId}-${received?.spanId}-01`);
  });

  it("continues a client's trace, and begins one for what is no traceparent", async () => {
    const tracer = await start();
    tracer.start('continued', { parent: SAMPLED })?.end();
    tracer.start('begun', { parent: 'nonsense' })?.end();
    await stopAll();
    const [continued, begun] = receiver.spans();
    expect(continued).toMatchObject({ traceId: TRACE_ID, parentSpanId: CLIENT.spanId });
    expect(begun?.traceId).not.toBe(TRACE_ID);
    expect(begun?.parentSpanId).toBeUndefined();
  });

  it('records what its sender records, whatever the ratio for its own traces', async () => {
    const none = await start({ sampleRatio: 0 });
    expect(none.start('own')).toBeUndefined();
    expect(none.start('continued', { parent: SAMPLED })).toBeDefined();
    const all = await start();
    expect(all.start('continued', { parent: SAMPLED.replace(/1$/, '0') })).toBeUndefined();
    const half = await start({ sampleRatio: 0.5 });
    const recorded = Array.from({ length: 1000 }, () => half.start('own')).filter((span) => span !== undefined);
    expect(recorded.length).toBeGreaterThan(400);
    expect(recorded.length).toBeLessThan(600);
  });

  it('gives a batch one span, in the first trace and linked to the others', async () => {
    const tracer = await start();
    const observe = observeBatches(tracer, { name: 'commit', attributes: { log: 'registry' } });
    const unrecorded = traceOf(7).replace(/1$/, '0');
    observe?.([event(), event(SAMPLED), event(SAMPLED), event(traceOf(1)), event(unrecorded), event('nonsense')])?.();
    expect(observe?.([event(), event(unrecorded)])).toBeUndefined();
    await stopAll();
    const spans = receiver.spans();
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: CLIENT.spanId,
      links: [{ traceId: parseTraceparent(traceOf(1))?.traceId, spanId: CLIENT.spanId }],
      attributes: { log: 'registry', 'thuban.events': 6, 'thuban.traces': 2 },
    });
  });

  it('keeps 128 links and says of how many traces a batch was', async () => {
    const tracer = await start();
    observeBatches(tracer, { name: 'commit' })?.(Array.from({ length: 500 }, (_, n) => event(traceOf(n))))?.();
    await stopAll();
    const [span] = receiver.spans();
    expect(span?.links).toHaveLength(128);
    expect(span?.attributes['thuban.traces']).toBe(500);
  });

  it('says of a batch that failed what it failed of, and lets the error through', async () => {
    const tracer = await start();
    const apply = observingBatches(observeBatches(tracer, { name: 'fold' }), () => {
      throw new Error('no fold');
    });
    expect(() => apply([event(SAMPLED)])).toThrow('no fold');
    await stopAll();
    expect(receiver.spans()).toMatchObject([{ name: 'fold', error: 'no fold' }]);
  });

  it('tells once that the collector refuses and once that it takes spans again, and nothing else suffers', async () => {
    receiver.answer(400);
    const tracer = await start();
    const until = async (condition: () => boolean) => {
      for (let n = 0; !condition(); n++) {
        if (n > 100) throw new Error('it did not come to that');
        tracer.start(`span ${n}`)?.end();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await until(() => problems.length > 0);
    expect(problems[0]?.message).toMatch(/Bad Request/);
    receiver.answer(200);
    await until(() => problems.length > 1);
    expect(problems.slice(1)).toEqual([undefined]);
    expect(receiver.spans().length).toBeGreaterThan(0);
  });

  it('stops within two seconds when nobody takes its spans', async () => {
    receiver.answer(503);
    const tracer = await start();
    tracer.start('late')?.end();
    const begun = performance.now();
    await stopAll();
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(receiver.spans()).toEqual([]);
    receiver.answer(200);
    await receiver.waitFor((spans) => expect(spans).toHaveLength(1)); // the try after that one
  });
});

describe('one trace', () => {
  const span = (name: string, spanId: string, parentSpanId?: string, traceId = TRACE_ID) => ({
    service: 'x',
    name,
    kind: 'internal' as const,
    traceId,
    spanId: spanId.padStart(16, '0'),
    ...(parentSpanId !== undefined && { parentSpanId: parentSpanId.padStart(16, '0') }),
    links: [] as { traceId: string; spanId: string }[],
    attributes: {},
    startNs: 0n,
    endNs: 0n,
  });
  const expected = { traceId: TRACE_ID, spans: [{ name: 'a' }, { name: 'b', service: 'x' }] };

  it('is a tree of parents and links', () => {
    const linked = {
      ...span('b', '2', undefined, '1'.repeat(32)),
      links: [{ traceId: TRACE_ID, spanId: '1'.padStart(16, '0') }],
    };
    const all = [linked, span('a', '1'), span('c', '3', '1'), span('other', '4', undefined, '2'.repeat(32))];
    expect(oneTrace(all, expected).map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  });
  it('has every span that is expected', () => {
    expect(() => oneTrace([span('a', '1')], expected)).toThrow('no span "b" of x');
    expect(() => oneTrace([span('a', '1'), { ...span('b', '2', '1'), service: 'y' }], expected)).toThrow('no span "b"');
  });
  it('has no part that hangs on nothing', () => {
    expect(() => oneTrace([span('a', '1'), span('b', '2')], expected)).toThrow('not connected: x "b"');
    expect(() => oneTrace([span('a', '1'), span('b', '2', '9')], expected)).toThrow('not connected');
    const ofClient = { ...expected, clientSpanId: '8'.padStart(16, '0') };
    expect(() => oneTrace([span('a', '1'), span('b', '2', '1')], ofClient)).toThrow('not connected');
    expect(oneTrace([span('a', '1', '8'), span('b', '2', '1')], ofClient)).toHaveLength(2);
  });
});
