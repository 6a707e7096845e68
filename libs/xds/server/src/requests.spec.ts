import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { envoy } from '@thuban/proto';
import { memorySource } from '@thuban/testing';
import {
  createHub,
  createPushPress,
  openStream,
  PROTOCOL_LIMITS,
  statusOf,
  takeResponse,
  type AdsStream,
  type PushPress,
} from '@thuban/xds-protocol';
import { nodeFacts, TYPE_URL } from '@thuban/xds-snapshot';
import { decodeDelta, decodeSotw, receive } from './requests.js';
import { KEPT_NAMES_BYTES_MAX, plainRequest, repeatsNames } from './repeated-request.js';
import { newStats } from './stats.js';
import { withoutField } from './without-field.js';

const NODE = { id: 'sidecar~default/a~10.0.0.1', extensions: [{ name: 'x' }, { name: 'y' }] };
const NOW = { nowMs: 0, timeMs: 0 };

const anyDelta = fc.record({
  typeUrl: fc.string(),
  resourceNamesSubscribe: fc.array(fc.string()),
  resourceNamesUnsubscribe: fc.array(fc.string()),
  responseNonce: fc.string(),
  initialResourceVersions: fc.dictionary(fc.string(), fc.string()),
});

describe.each(['delta', 'sotw'] as const)('a %s request', (mode) => {
  const fresh = () => {
    const hub = createHub(memorySource(), PROTOCOL_LIMITS, () => undefined);
    const identify = (node: envoy.Node | undefined) => {
      const parsed = nodeFacts({ id: node?.id ?? '' });
      return parsed.ok ? openStream(hub, mode, parsed.facts) : { code: status.INVALID_ARGUMENT, details: parsed.error };
    };
    return { hub, identify };
  };

  it('S13: of any bytes is taken in or refused with a reason, never thrown', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, known) => {
        const { hub, identify } = fresh();
        const parsed = nodeFacts({ id: NODE.id });
        const stream =
          known && parsed.ok ? { stream: openStream(hub, mode, parsed.facts), lastNames: new Map() } : undefined;
        const outcome = receive(mode, Buffer.from(bytes), NOW, newStats(), stream, identify);
        if (outcome)
          expect(outcome.refused).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.any(String) });
      }),
      { numRuns: 2000 },
    ));

  it('S13: cut anywhere is taken in or refused with a reason', () => {
    const schema = mode === 'delta' ? envoy.DeltaDiscoveryRequestSchema : envoy.DiscoveryRequestSchema;
    const whole = toBinary(schema, create(schema, { typeUrl: TYPE_URL.EDS, node: NODE, responseNonce: '1' }) as never);
    for (let length = 0; length < whole.length; length++) {
      const { identify } = fresh();
      const outcome = receive(mode, Buffer.from(whole.subarray(0, length)), NOW, newStats(), undefined, identify);
      if (outcome) expect(outcome.refused?.details).toMatch(/^(not a|type_url|node)/);
    }
  });
});

it('names like __proto__ are names', () => {
  const versions = JSON.parse('{"__proto__": "1", "constructor": "2"}') as Record<string, string>;
  const bytes = toBinary(
    envoy.DeltaDiscoveryRequestSchema,
    create(envoy.DeltaDiscoveryRequestSchema, {
      resourceNamesSubscribe: ['__proto__'],
      initialResourceVersions: versions,
    }),
  );
  const request = decodeDelta(Buffer.from(bytes));
  expect(request).toMatchObject({ resourceNamesSubscribe: ['__proto__'] });
  expect(Object.getPrototypeOf((request as envoy.DeltaDiscoveryRequest).initialResourceVersions)).not.toBe('1');
});

describe('a request without its node', () => {
  it('R6: is the same in all else', () =>
    fc.assert(
      fc.property(anyDelta, fc.boolean(), (request, withNode) => {
        const plain = create(envoy.DeltaDiscoveryRequestSchema, request);
        const named = create(envoy.DeltaDiscoveryRequestSchema, withNode ? { ...request, node: NODE } : request);
        const bytes = Buffer.from(toBinary(envoy.DeltaDiscoveryRequestSchema, named));
        expect(decodeDelta(withoutField(bytes, 1))).toEqual(
          decodeDelta(Buffer.from(toBinary(envoy.DeltaDiscoveryRequestSchema, plain))),
        );
      }),
    ));

  it('R6: is found wherever the node stands, and as often', () => {
    const node = toBinary(envoy.DiscoveryRequestSchema, create(envoy.DiscoveryRequestSchema, { node: NODE }));
    const rest = toBinary(
      envoy.DiscoveryRequestSchema,
      create(envoy.DiscoveryRequestSchema, { typeUrl: 't', resourceNames: ['a'] }),
    );
    const expected = decodeSotw(Buffer.from(rest));
    for (const parts of [[node, rest], [rest, node], [node, rest, node], [rest]])
      expect(decodeSotw(withoutField(Buffer.concat(parts), 2))).toEqual(expected);
    expect(withoutField(Buffer.from(node), 2)).toHaveLength(0);
  });

  it('S13: bytes that are no message come back as they are', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        if (typeof decodeDelta(buffer) === 'string')
          expect(typeof decodeDelta(withoutField(buffer, 99))).toBe('string');
      }),
    ));
});

describe('a SotW request that repeats its list', () => {
  const anyRequest = fc.record({
    typeUrl: fc.constantFrom(...Object.values(TYPE_URL), 'another'),
    resourceNames: fc.uniqueArray(fc.constantFrom('a', 'b', '*', 'é')),
    responseNonce: fc.constantFrom('', '1', '2', '3'),
    versionInfo: fc.string(),
    ...{ errorDetail: fc.option(fc.record({ code: fc.constant(13), message: fc.string() }), { nil: undefined }) },
  });

  type AnyRequest = typeof anyRequest extends fc.Arbitrary<infer R> ? R : never;
  const lds: AnyRequest = {
    typeUrl: TYPE_URL.LDS,
    resourceNames: ['a'],
    responseNonce: '',
    versionInfo: '',
    errorDetail: undefined,
  };
  const nack: AnyRequest = { ...lds, resourceNames: [], errorDetail: { code: 13, message: '' } };
  const listChangedByNack = [lds, nack, lds].map((request): [AnyRequest, boolean] => [request, false]);

  it('R15: is taken in as if it had been decoded', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRequest, fc.boolean()), { maxLength: 12, size: 'max' }), (requests) => {
        const source = memorySource();
        source.put(['EDS', 'a', '1'], ['CDS', 'a', '1'], ['CDS', 'b', '1']);
        const streams = [0, 1].map(() => {
          const parsed = nodeFacts({ id: NODE.id });
          if (!parsed.ok) throw new Error(parsed.error);
          const hub = createHub(source, PROTOCOL_LIMITS, () => undefined);
          return { stream: openStream(hub, 'sotw', parsed.facts), press: createPushPress('x') };
        });
        const lastNames = new Map<string, Buffer>();
        for (const [request, withNode] of requests) {
          const message = create(envoy.DiscoveryRequestSchema, {
            ...(request as object),
            ...(withNode ? { node: NODE } : {}),
          });
          const bytes = Buffer.from(toBinary(envoy.DiscoveryRequestSchema, message));
          const [fast, slow] = streams;
          receive('sotw', bytes, NOW, newStats(), { stream: fast!.stream, lastNames }, () => fast!.stream);
          receive('sotw', bytes, NOW, newStats(), { stream: slow!.stream, lastNames: new Map() }, () => slow!.stream);
          const [a, b] = streams.map(({ stream, press }) => takeAll(stream, press));
          expect(a).toEqual(b);
        }
        expect(statusOf(streams[0]!.stream, 0)).toEqual(statusOf(streams[1]!.stream, 0));
      }),
      { numRuns: 500, examples: [[listChangedByNack]] },
    ));

  const takeAll = (stream: AdsStream, press: PushPress) => {
    const taken: Buffer[] = [];
    for (let push = takeResponse(stream, press, 0); push; push = takeResponse(stream, press, 0)) taken.push(push.bytes);
    return taken;
  };

  it('is found only if it is the last one of the type', () => {
    const last = new Map<string, Buffer>();
    const plain = (...names: string[]) =>
      plainRequest(
        Buffer.from(
          toBinary(
            envoy.DiscoveryRequestSchema,
            create(envoy.DiscoveryRequestSchema, { typeUrl: 't', resourceNames: names, node: NODE }),
          ),
        ),
      )!;
    expect(repeatsNames(last, plain('a'))).toBe(false);
    expect(repeatsNames(last, plain('a'))).toBe(true);
    expect(repeatsNames(last, plain('a', 'b'))).toBe(false);
    expect(repeatsNames(last, plain('a'))).toBe(false);
    expect(repeatsNames(last, plain('x'.repeat(KEPT_NAMES_BYTES_MAX)))).toBe(false);
    expect(repeatsNames(last, plain('x'.repeat(KEPT_NAMES_BYTES_MAX)))).toBe(false);
    expect(last.size).toBe(0);
  });
});
