import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { envoy } from '@thuban/proto';
import { memorySource } from '@thuban/testing';
import { createHub, openStream, PROTOCOL_LIMITS } from '@thuban/xds-protocol';
import { nodeFacts, TYPE_URL } from '@thuban/xds-snapshot';
import { decodeDelta, decodeSotw, receive } from './requests.js';
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
        const stream = known && parsed.ok ? openStream(hub, mode, parsed.facts) : undefined;
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
