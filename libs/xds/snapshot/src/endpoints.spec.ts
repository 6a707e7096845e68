import { create, equals, fromBinary, type JsonObject } from '@bufbuild/protobuf';
import { envoy } from '@thuban/proto';
import type { Instance } from '@thuban/events';
import fc from 'fast-check';
import { endpointFrame, omissionOf, weightOf } from './endpoints.js';
import { anyInstance } from './fixtures/any-history.js';
import { decoded } from './fixtures/decoded.js';
import { anInstance, recorded } from '@thuban/testing';
import { deregistered, registered, resourcesOf } from './fixtures/scenario.js';
import { createWire } from './wire.js';

const ECHO = 'OUTBOUND|default|echo';
const assignmentOf = (...given: readonly Partial<Instance>[]) =>
  decoded(resourcesOf(...given.map((one) => registered(one))).get('EDS', '', ECHO)!) as { endpoints?: JsonObject[] };

const anyServed = anyInstance.map(anInstance).filter((instance) => omissionOf(instance) === undefined);

describe('endpoints', () => {
  it('the hand-written encoding is what the generated code reads', () => {
    const wire = createWire();
    fc.assert(
      fc.property(anyServed, fc.integer({ min: 1, max: 0xffff_ffff }), (instance, weight) => {
        const { host, port, metadata, version, protocol, healthy } = instance;
        const labels: JsonObject = {
          ...(version && { version }),
          ...(protocol && { protocol }),
          ...metadata,
        };
        const written = fromBinary(envoy.LocalityLbEndpointsSchema, endpointFrame(wire, instance, weight));
        const expected = create(envoy.LbEndpointSchema, {
          hostIdentifier: {
            case: 'endpoint',
            value: {
              address: {
                address: {
                  case: 'socketAddress',
                  value: { address: host, portSpecifier: { case: 'portValue', value: port } },
                },
              },
            },
          },
          healthStatus: healthy ? envoy.HealthStatus.HEALTHY : envoy.HealthStatus.UNHEALTHY,
          loadBalancingWeight: weight,
          ...(Object.keys(labels).length > 0 && { metadata: { filterMetadata: { 'envoy.lb': labels } } }),
        });
        expect(written.lbEndpoints).toHaveLength(1);
        expect(written.lbEndpoints[0]).toEqual(expected);
        expect(equals(envoy.LbEndpointSchema, written.lbEndpoints[0]!, expected)).toBe(true);
      }),
    );
  });

  it('equal metadata has one encoding', () => {
    const wire = createWire();
    const [a, b] = [
      { x: '1', y: '2' },
      { y: '2', x: '1' },
    ].map((metadata) => endpointFrame(wire, anInstance({ metadata }), 1));
    expect(a).toEqual(b);
  });

  it('own metadata is not overwritten by version and protocol', () => {
    const { endpoints } = assignmentOf({ version: 'v2', protocol: 'http', metadata: { version: 'mine' } });
    expect(JSON.stringify(endpoints)).toContain('{"protocol":"http","version":"mine"}');
  });

  it.each([
    [{ isolated: true }, 'isolated'],
    [{ weight: 0 }, 'weight 0'],
    [{ weight: -1 }, 'weight 0'],
    [{ weight: NaN }, 'weight 0'],
    [{ host: 'echo.internal' }, 'host is not an IP address'],
    [{ host: '' }, 'host is not an IP address'],
    [{ port: 0 }, 'port is not 1 to 65535'],
    [{ port: 70_000 }, 'port is not 1 to 65535'],
    [{}, undefined],
  ])('%j: %s', (given, reason) => expect(omissionOf(anInstance(given))).toBe(reason));

  it('a weight that no field could hold is cut', () => {
    expect(weightOf(anInstance({ weight: 2 ** 40 }))).toBe(0xffff_ffff);
    expect(weightOf(anInstance({ weight: 1.9 }))).toBe(1);
  });

  it('weights that add up to too much are scaled together, none to nothing', () => {
    const { endpoints } = assignmentOf(
      { id: '1', host: '10.0.0.1', weight: 0xffff_ffff },
      { id: '2', host: '10.0.0.2', weight: 0xffff_ffff, location: { region: 'x', zone: '', campus: '' } },
      { id: '3', host: '10.0.0.3', weight: 1 },
    ) as { endpoints: { load_balancing_weight: number; lb_endpoints: { load_balancing_weight: number }[] }[] };
    const weights = endpoints.flatMap(({ lb_endpoints }) => lb_endpoints.map((one) => one.load_balancing_weight));
    expect(weights).toEqual([2147483645, 1, 2147483645]);
    expect(endpoints.map((one) => one.load_balancing_weight)).toEqual([2147483646, 2147483645]);
  });

  it('the weight of a locality is that of its endpoints', () => {
    const { endpoints } = assignmentOf(
      { id: '1', host: '10.0.0.1', weight: 100 },
      { id: '2', host: '10.0.0.2', weight: 200 },
      { id: '3', host: '10.0.0.3', weight: 50, location: { region: 'x', zone: '', campus: '' } },
    );
    expect(endpoints!.map((one) => one['load_balancing_weight'])).toEqual([300, 50]);
  });

  it('an address is served once, also when others of its host stand between the ids', () => {
    const { endpoints } = assignmentOf({ id: '1', port: 80 }, { id: '2', port: 8080 }, { id: '3', port: 80 });
    expect(endpoints![0]!['load_balancing_weight']).toBe(200);
  });

  it('a place where nobody is served is not there, for its weight would be 0', () => {
    const { endpoints } = assignmentOf({ id: '1' }, { id: '2', location: { region: 'x', zone: '', campus: '' } });
    expect(endpoints).toHaveLength(1);
  });

  it('moving to another place is seen', () => {
    const resources = resourcesOf(registered());
    const before = resources.get('EDS', '', ECHO)!;
    resources.apply(recorded([registered({ location: { region: 'x', zone: '', campus: '' } })]));
    expect(resources.get('EDS', '', ECHO)!.version).not.toBe(before.version);
  });

  it('the second at an address is served after the first has gone, also when its place was empty before', () => {
    const x = { region: 'x', zone: '', campus: '' };
    const resources = resourcesOf(registered({ id: '1' }), registered({ id: '2', location: x }));
    resources.get('EDS', '', ECHO);
    resources.apply(recorded([registered({ id: '3', host: '10.0.0.3', location: x })]));
    resources.get('EDS', '', ECHO);
    resources.apply(recorded([deregistered({ id: '1' })]));
    expect(decoded(resources.get('EDS', '', ECHO)!)).toMatchObject({
      endpoints: [{ locality: { region: 'x' }, load_balancing_weight: 200, lb_endpoints: [{}, {}] }],
    });
  });

  it('an address is served once, and the other takes its place when it goes', () => {
    const both = [{ id: '1' }, { id: '2', weight: 7 }].map((one) => registered(one));
    const resources = resourcesOf(...both);
    expect(JSON.stringify(decoded(resources.get('EDS', '', ECHO)!))).not.toContain('7');
    resources.apply(recorded([deregistered({ id: '1' })]));
    expect(JSON.stringify(decoded(resources.get('EDS', '', ECHO)!))).toContain('"load_balancing_weight":7');
  });
});
