import { create, fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import type { Instance } from '@thuban/events';
import { polaris } from '@thuban/proto';
import type { InstanceEntry } from '@thuban/registry-domain';
import { instanceBytes } from './instance-bytes.js';
import { localTime } from './local-time.js';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const key = fc.oneof(text, fc.constantFrom('protocol', 'version', 'zone', 'toString', 'constructor'));
const someInstance: fc.Arbitrary<Instance> = fc
  .record({
    id: text,
    namespace: text,
    service: text,
    vpcId: text,
    host: text,
    port: fc.nat(65_535),
    protocol: text,
    version: text,
    logicSet: text,
    priority: fc.nat(0xffff_ffff),
    weight: fc.nat(65_535),
    healthy: fc.boolean(),
    isolated: fc.boolean(),
    location: fc.record({ region: text, zone: text, campus: text }),
    metadata: fc
      .array(fc.tuple(key, text), { maxLength: 64 })
      .map((pairs) => Object.fromEntries(pairs.filter(([name]) => name !== '__proto__'))),
    ttlSeconds: fc.nat(60),
  })
  .map(({ ttlSeconds, ...rest }) => (ttlSeconds === 0 ? rest : { ...rest, healthCheck: { ttlSeconds } }));

const entryOf = (instance: Instance): InstanceEntry => ({
  kind: 'instance',
  instance,
  incarnation: 1,
  seq: 2,
  registeredAtMs: 1_700_000_000_000,
  changedAtMs: 1_700_000_001_000,
});

it('an instance written by hand reads as the message that it stands for', () =>
  fc.assert(
    fc.property(someInstance, (instance) => {
      const { isolated, healthCheck, protocol, version, location, metadata, vpcId, ...same } = instance;
      const read = fromBinary(polaris.DiscoverResponseSchema, instanceBytes('log-1', entryOf(instance)));
      const own = Object.entries({ protocol, version, ...location }).filter(([, value]) => value !== '');
      const expected = create(polaris.InstanceSchema, {
        ...same,
        protocol,
        version,
        location,
        isolate: isolated,
        metadata: { ...metadata, ...Object.fromEntries(own) },
        ctime: localTime(1_700_000_000_000),
        mtime: localTime(1_700_000_001_000),
        revision: read.instances[0]!.revision!,
        enableHealthCheck: healthCheck !== undefined,
        ...(vpcId !== '' && { vpcId }),
        ...(healthCheck && { healthCheck: { type: 1, heartbeat: { ttl: healthCheck.ttlSeconds } } }),
      });
      expect(read.instances).toEqual([expected]);
      expect(read).toEqual(create(polaris.DiscoverResponseSchema, { instances: [expected] }));
    }),
    { numRuns: 500 },
  ));

it('the revision of an instance changes with its seq and its log', () => {
  const [instance] = fc.sample(someInstance, 1) as [Instance];
  const revision = (logId: string, seq: number) =>
    fromBinary(polaris.DiscoverResponseSchema, instanceBytes(logId, { ...entryOf(instance), seq })).instances[0]!
      .revision;
  expect(new Set([revision('a', 1), revision('a', 2), revision('b', 1)]).size).toBe(3);
  expect(revision('a', 1)).toBe(revision('a', 1));
});

it('metadata at every limit is written whole', () => {
  const [some] = fc.sample(someInstance, 1) as [Instance];
  const pairs = Array.from({ length: 64 }, (_, i) => [String(i).padEnd(128, '\uffff'), '\uffff'.repeat(4096)]);
  const metadata = Object.fromEntries(pairs) as Record<string, string>;
  const instance = { ...some, protocol: '', version: '', location: { region: '', zone: '', campus: '' }, metadata };
  const read = fromBinary(polaris.DiscoverResponseSchema, instanceBytes('log-1', entryOf(instance)));
  expect(read.instances[0]?.metadata).toEqual(metadata);
});
