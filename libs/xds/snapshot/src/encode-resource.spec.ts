import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { envoy } from '@thuban/proto';
import fc from 'fast-check';
import { PUSH_ORDER, resourceOf, TYPE_URL, versionOf } from './index.js';

const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const anyResource = fc
  .tuple(
    fc.constantFrom(...PUSH_ORDER),
    fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }),
    fc.array(anyBytes, { minLength: 1 }),
  )
  .map(([type, name, pieces]) => ({ resource: resourceOf(type, name, pieces), bytes: Buffer.concat(pieces) }));

describe('resourceOf', () => {
  it('R32: the delta frame is a resource with name, version and typed body', () => {
    fc.assert(
      fc.property(anyResource, ({ resource, bytes }) => {
        const { resources } = fromBinary(envoy.DeltaDiscoveryResponseSchema, resource.deltaFrame);
        expect(resources).toMatchObject([
          { name: resource.name, version: resource.version, resource: { typeUrl: TYPE_URL[resource.type] } },
        ]);
        expect(Buffer.from(resources[0]!.resource!.value)).toEqual(bytes);
      }),
    );
  });

  it('the SotW frame holds the same body', () => {
    fc.assert(
      fc.property(anyResource, ({ resource, bytes }) => {
        const response = fromBinary(envoy.DiscoveryResponseSchema, resource.sotwFrame);
        expect(response.resources.map(({ typeUrl }) => typeUrl)).toEqual([TYPE_URL[resource.type]]);
        expect(Buffer.from(response.resources[0]!.value)).toEqual(bytes);
        expect(toBinary(envoy.DiscoveryResponseSchema, response)).toEqual(Uint8Array.from(resource.sotwFrame));
        expect(resource.bytes).toEqual(bytes);
      }),
    );
  });
});

describe('versionOf', () => {
  it('is 16 hex digits of the content', () => {
    expect(versionOf('EDS', 'a', Buffer.from('b'))).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    ['type', versionOf('EDS', 'a', Buffer.from('b')), versionOf('CDS', 'a', Buffer.from('b'))],
    ['name', versionOf('EDS', 'a', Buffer.from('b')), versionOf('EDS', 'c', Buffer.from('b'))],
    ['bytes', versionOf('EDS', 'a', Buffer.from('b')), versionOf('EDS', 'a', Buffer.from('c'))],
    ['where the name ends', versionOf('EDS', 'ab', Buffer.from('c')), versionOf('EDS', 'a', Buffer.from('bc'))],
  ])('depends on the %s', (_, a, b) => expect(a).not.toBe(b));
});
