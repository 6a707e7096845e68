import type { Instance } from '@thuban/events';
import { isIpAddress } from './ip-address.js';
import type { Wire } from './wire.js';

/** The largest weight, of an endpoint and of all endpoints of an assignment together (endpoint_components.proto). */
export const WEIGHT_MAX = 0xffff_ffff;
const PORT_MAX = 65_535;

/**
 * Why an instance gets no traffic. The first two are wishes; the others would make the proxy refuse the whole assignment
 * (a host that is no IP address) or name nothing to connect to.
 */
export type Omission = 'isolated' | 'weight 0' | 'host is not an IP address' | 'port is not 1 to 65535';

/** Why an instance is left out of its assignment; undefined when it is in. */
export const omissionOf = ({ isolated, weight, host, port }: Instance): Omission | undefined => {
  if (isolated) return 'isolated';
  if (!(weight >= 1)) return 'weight 0';
  if (!isIpAddress(host)) return 'host is not an IP address';
  if (!(Number.isInteger(port) && port >= 1 && port <= PORT_MAX)) return 'port is not 1 to 65535';
  return undefined;
};

/** The weight of an instance as proxies take it. */
export const weightOf = ({ weight }: Instance): number => Math.min(Math.floor(weight), WEIGHT_MAX);

const HEALTHY = 1;
const UNHEALTHY = 2;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of endpoints in an assignment. Total, and of what they are rather than of when they came. */
export const endpointOrder = (a: Instance, b: Instance): number =>
  compare(a.host, b.host) || a.port - b.port || compare(a.id, b.id);

/** Key and value, sorted by key. */
export type Labels = readonly (readonly [string, string])[];

/** A google.protobuf.Struct of strings; sorted, or equal metadata had more than one encoding. */
const writeStruct = (wire: Wire, entries: Labels): void => {
  for (let i = entries.length - 1; i >= 0; i--) {
    const [key, value] = entries[i]!;
    const entry = wire.mark();
    const string = wire.mark();
    if (value === '')
      wire.bytes(3, EMPTY); // a oneof member is present even when empty
    else wire.string(3, value);
    wire.wrap(2, string);
    wire.string(1, key);
    wire.wrap(1, entry);
  }
};
const EMPTY = new Uint8Array(0);

/** What subset rules can match: the instance's own metadata, with `version` and `protocol` as Polaris adds them to what SDKs see. */
export const labelsOf = ({ metadata, version, protocol }: Instance): Labels => {
  const labels = Object.entries(metadata);
  if (version !== '' && !Object.hasOwn(metadata, 'version')) labels.push(['version', version]);
  if (protocol !== '' && !Object.hasOwn(metadata, 'protocol')) labels.push(['protocol', protocol]);
  return labels.sort(([a], [b]) => compare(a, b));
};

const writeMetadata = (wire: Wire, instance: Instance, more: Labels): void => {
  const own = labelsOf(instance);
  const labels = more.length === 0 ? own : [...own, ...more].sort(([a], [b]) => compare(a, b));
  if (labels.length === 0) return;
  const metadata = wire.mark();
  writeStruct(wire, labels);
  wire.wrap(2, metadata);
  wire.string(1, 'envoy.lb');
  wire.wrap(1, metadata);
  wire.wrap(3, metadata);
};

const writeAddress = (wire: Wire, { host, port }: Instance): void => {
  const endpoint = wire.mark();
  wire.uint(3, port);
  wire.string(2, host);
  wire.wrap(1, endpoint); // Address.socket_address
  wire.wrap(1, endpoint); // Endpoint.address
  wire.wrap(1, endpoint); // LbEndpoint.endpoint
};

/**
 * An LbEndpoint as field 2 of LocalityLbEndpoints, tag and length included. Instance → LbEndpoint, endpoint_components.proto. `more` are labels
 * besides its own, with other keys.
 */
export const endpointFrame = (wire: Wire, instance: Instance, weight: number, more: Labels = []): Buffer => {
  const weightMark = wire.mark();
  wire.uint(1, weight);
  wire.wrap(4, weightMark);
  writeMetadata(wire, instance, more);
  wire.uint(2, instance.healthy ? HEALTHY : UNHEALTHY);
  writeAddress(wire, instance);
  wire.wrap(2, 0);
  return wire.take();
};
