import { create, toBinary } from '@bufbuild/protobuf';
import * as envoy from './envoy.js';
import * as health from './health.js';
import { grpcPackageDefinition, type GrpcMethodDefinition } from './package-definition.js';
import * as polaris from './polaris.js';

const methodOf = (
  definition: ReturnType<typeof grpcPackageDefinition>,
  service: string,
  name: string,
): GrpcMethodDefinition => definition[service]![name]!;
const request = create(polaris.DiscoverRequestSchema, { service: { name: 'echo', namespace: 'default' } });

describe('grpcPackageDefinition', () => {
  it('names services and methods in full, with their kinds of stream', () => {
    const definition = {
      ...grpcPackageDefinition(polaris.PolarisGRPC),
      ...grpcPackageDefinition(health.Health),
      ...grpcPackageDefinition(envoy.AggregatedDiscoveryService),
    };
    const rows = Object.values(definition)
      .flatMap((methods) => Object.values(methods))
      .map((method) => `${method.path} ${method.requestStream} ${method.responseStream} ${method.originalName}`);
    expect(rows).toEqual([
      '/v1.PolarisGRPC/ReportClient false false reportClient',
      '/v1.PolarisGRPC/RegisterInstance false false registerInstance',
      '/v1.PolarisGRPC/DeregisterInstance false false deregisterInstance',
      '/v1.PolarisGRPC/Heartbeat false false heartbeat',
      '/v1.PolarisGRPC/Discover true true discover',
      '/grpc.health.v1.Health/Check false false check',
      '/grpc.health.v1.Health/Watch false true watch',
      '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources true true streamAggregatedResources',
      '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources true true deltaAggregatedResources',
    ]);
  });

  it('hands bytes through untouched by default', () => {
    const discover = methodOf(grpcPackageDefinition(polaris.PolarisGRPC), 'v1.PolarisGRPC', 'Discover');
    const bytes = Buffer.from([1, 2, 3]);
    expect(discover.requestDeserialize(bytes)).toBe(bytes);
    expect(discover.responseSerialize(bytes)).toBe(bytes);
    expect(discover.requestSerialize(bytes)).toBe(bytes);
    expect(discover.responseDeserialize(bytes)).toBe(bytes);
  });

  it('makes a Buffer of a Uint8Array, over the same memory and only its own part of it', () => {
    const discover = methodOf(grpcPackageDefinition(polaris.PolarisGRPC), 'v1.PolarisGRPC', 'Discover');
    const part = Uint8Array.from([9, 1, 2, 9]).subarray(1, 3);
    const buffer = discover.responseSerialize(part);
    expect(Buffer.isBuffer(buffer)).toBe(true);
    expect([...buffer]).toEqual([1, 2]);
    expect(buffer.buffer).toBe(part.buffer);
  });

  it('refuses to send a message where bytes are due', () => {
    const discover = methodOf(grpcPackageDefinition(polaris.PolarisGRPC), 'v1.PolarisGRPC', 'Discover');
    expect(() => discover.requestSerialize(request)).toThrow(TypeError);
  });

  it('decode: true makes messages of both directions', () => {
    const discover = methodOf(
      grpcPackageDefinition(polaris.PolarisGRPC, { decode: true }),
      'v1.PolarisGRPC',
      'Discover',
    );
    const bytes = discover.requestSerialize(request);
    expect(Buffer.isBuffer(bytes)).toBe(true);
    expect(bytes).toEqual(Buffer.from(toBinary(polaris.DiscoverRequestSchema, request)));
    expect(discover.requestDeserialize(bytes)).toEqual(request);
    // A service of five bytes of which two are there.
    expect(() => discover.requestDeserialize(Buffer.from('12050a03', 'hex'))).toThrow();

    const response = create(polaris.DiscoverResponseSchema, { code: 200000 });
    expect(discover.responseDeserialize(discover.responseSerialize(response))).toEqual(response);
  });
});
