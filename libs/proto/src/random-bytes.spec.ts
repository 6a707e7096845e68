import { isNativeError } from 'node:util/types';
import { type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import * as envoy from './envoy.js';
import * as health from './health.js';
import * as polaris from './polaris.js';

const REQUESTS: readonly DescMessage[] = [
  polaris.InstanceSchema,
  polaris.ClientSchema,
  polaris.DiscoverRequestSchema,
  polaris.HeartbeatsRequestSchema,
  polaris.DiscoverResponseSchema,
  envoy.DiscoveryRequestSchema,
  envoy.DeltaDiscoveryRequestSchema,
  health.HealthCheckRequestSchema,
];

// Plain noise seldom gets past the first tag, so half of the inputs are sequences of fields with real tags and lengths.
const field = fc
  .tuple(fc.integer({ min: 1, max: 120 }), fc.constantFrom(0, 1, 2, 5, 3), fc.uint8Array({ maxLength: 12 }))
  .map(([number, wireType, body]) => {
    const key = number * 8 + wireType;
    const tag = key < 128 ? [key] : [(key & 0x7f) | 0x80, key >> 7];
    return wireType === 2 ? [...tag, body.length, ...body] : [...tag, ...body];
  });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(field, { maxLength: 12 }).map((fields) => Uint8Array.from(fields.flat())),
);

/** The message, or undefined for bytes that are none. Whatever else is thrown fails the property. */
function decoded(schema: DescMessage, input: Uint8Array) {
  try {
    return fromBinary(schema, input);
  } catch (error) {
    if (!isNativeError(error)) throw error;
    return undefined;
  }
}

describe.each(REQUESTS.map((schema) => [schema.typeName, schema] as const))('random bytes as %s', (_name, schema) => {
  it('decode, or throw an Error; what decodes is stable when written and read again', () => {
    let decodedCount = 0;
    fc.assert(
      fc.property(bytes, (input) => {
        const message = decoded(schema, input);
        if (message === undefined) return;
        decodedCount += 1;
        const written = toBinary(schema, message);
        expect(toBinary(schema, fromBinary(schema, written))).toEqual(written);
      }),
      { numRuns: 500 },
    );
    expect(decodedCount).toBeGreaterThan(0);
  });
});

it('refuses a Struct nested 20,000 deep instead of overflowing the stack', () => {
  let struct: Uint8Array = new Uint8Array();
  for (let depth = 0; depth < 20_000; depth += 1) struct = structAround(struct);
  // node 1 { metadata 3 }
  const request = lengthDelimited(0x0a, lengthDelimited(0x1a, struct));
  expect(() => fromBinary(envoy.DeltaDiscoveryRequestSchema, request)).toThrow('maximum recursion depth');
});

// Struct { fields 1 { value 2 { struct_value 5 } } }
function structAround(inner: Uint8Array): Uint8Array {
  return lengthDelimited(0x0a, lengthDelimited(0x12, lengthDelimited(0x2a, inner)));
}

function lengthDelimited(tag: number, body: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = body.length; ; rest >>>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Uint8Array.from([tag, ...length]), body]);
}
