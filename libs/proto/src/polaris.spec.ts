import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import * as polaris from './polaris.js';

/** The bytes of a message, as hex with a space between any two fields the test cares about. */
const wire = (...parts: readonly string[]): string => parts.join('').replaceAll(' ', '');
const encode = <D extends DescMessage>(schema: D, init: MessageInitShape<D>): string =>
  Buffer.from(toBinary(schema, create(schema, init))).toString('hex');
const decode = <D extends DescMessage>(schema: D, hex: string): MessageShape<D> =>
  fromBinary(schema, Buffer.from(hex, 'hex'));

describe('bytes on the wire, worked out by hand from the field tables', () => {
  const instance = wire(
    '0a03 0a0161', // id 1
    '1203 0a0173', // service 2
    '1a03 0a016e', // namespace 3
    '2203 0a0168', // host 4
    '2a03 08903f', // port 5 = 8080
    '4a02 0864', // weight 9 = 100
    '5208 0801 1204 0a02 0805', // health_check 10 {HEARTBEAT, heartbeat 2 {ttl 5}}
    '5a02 0801', // healthy 11
    '6200', // isolate 12: false, but present
    '7206 0a016b 120176', // metadata 14 {k: v}
    'a20102 0801', // enable_health_check 20
    'aa0103 0a0176', // vpc_id 21
  );

  it('an Instance', () => {
    const encoded = encode(polaris.InstanceSchema, {
      id: 'a',
      service: 's',
      namespace: 'n',
      host: 'h',
      port: 8080,
      weight: 100,
      healthCheck: { type: polaris.HealthCheck_HealthCheckType.HEARTBEAT, heartbeat: { ttl: 5 } },
      healthy: true,
      isolate: false,
      metadata: { k: 'v' },
      enableHealthCheck: true,
      vpcId: 'v',
    });
    expect(encoded).toBe(instance);
  });

  it('an absent wrapper is undefined, a present one with the default value is not', () => {
    expect(decode(polaris.InstanceSchema, instance)).toMatchObject({
      isolate: false,
      port: 8080,
      metadata: { k: 'v' },
    });
    expect(decode(polaris.InstanceSchema, '')).toMatchObject({ metadata: {} });
    expect(decode(polaris.InstanceSchema, '').isolate).toBeUndefined();
  });

  it('a DiscoverRequest with Filter 30 and Direction 31', () => {
    const encoded = encode(polaris.DiscoverRequestSchema, {
      type: polaris.DiscoverRequest_DiscoverRequestType.INSTANCE,
      service: { name: 'n', namespace: 'd', revision: 'r' },
      Filter: { OnlyHealthyInstance: true },
      Direction: polaris.TrafficDirection.Caller,
    });
    expect(encoded).toBe(wire('0801', '120f 0a030a016e 12030a0164 7a030a0172', 'f20102 0801', 'f80101'));
  });

  it('a DiscoverResponse with Direction 29 and losslessRuleList 100', () => {
    const encoded = encode(polaris.DiscoverResponseSchema, {
      code: 200000,
      type: polaris.DiscoverResponse_DiscoverResponseType.LOSSLESS,
      service: { name: 'n' },
      aliasFor: { name: 'n' },
      Direction: polaris.TrafficDirection.Caller,
      losslessRuleList: [{}],
    });
    expect(encoded).toBe(wire('0a04 08c09a0c', '1867', '2205 0a030a016e', 'aa0105 0a030a016e', 'e80101', 'a20600'));
  });

  it('a Response carries its instance in field 6', () => {
    const encoded = encode(polaris.ResponseSchema, { code: 200000, info: 'i', instance: { id: 'a' } });
    expect(encoded).toBe(wire('0a04 08c09a0c', '1203 0a0169', '3205 0a030a0161'));
  });

  it('a ServiceAlias in its newer form', () => {
    const encoded = encode(polaris.ServiceAliasSchema, {
      alias: 'a',
      aliasNamespace: 'n',
      type: polaris.ServiceAlias_AliasType.CL5SID,
    });
    expect(encoded).toBe(wire('1a03 0a0161', '2203 0a016e', '2801'));
  });

  it('a heartbeat has plain fields, no wrappers', () => {
    const encoded = encode(polaris.HeartbeatsRequestSchema, { heartbeats: [{ instanceId: 'a', port: 80 }] });
    expect(encoded).toBe(wire('0a05 0a0161 2850'));
  });

  it('a rule of the newer circuit breaker keeps its metadata in field 50', () => {
    const encoded = encode(polaris.CircuitBreakerSchema, { rules: [{ level: 2, metadata: { k: 'v' } }] });
    expect(encoded).toBe(wire('aa010c', 'a80102', '920306 0a016b 120176'));
  });

  it.each([
    ['a BoolValue', 'd20102 0801'],
    ['a bool', 'd00101'],
  ])('Service.26 is not ours: %s there is carried along unread', (_form, field26) => {
    const bytes = wire('0a030a016e', field26);
    const service = decode(polaris.ServiceSchema, bytes);
    expect(service.name).toBe('n');
    expect(Buffer.from(toBinary(polaris.ServiceSchema, service)).toString('hex')).toBe(bytes);
  });
});
