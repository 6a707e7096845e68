import { setTimeout as pass } from 'node:timers/promises';
import { create, fromBinary } from '@bufbuild/protobuf';
import { envoy } from '@thuban/proto';
import { ADS_TYPE_URL, adsChannel } from '@thuban/testing';

/** What one Envoy would have: a delta ADS client that connects again, saying what it has, and looks at the order of what comes. */
export interface Mirror {
  /** `host:port` → weight of the endpoints of a service of namespace `default`. */
  endpoints(service: string): ReadonlyMap<string, number>;
  /** What contradicted INV-11, INV-12 or INV-13. */
  readonly problems: readonly string[];
  /** How often a stream ended. */
  ends(): number;
  close(): void;
}

/** The instance of each service whose weight only grows: by it one sees that nothing older follows something newer. */
export const COUNTER_HOST = '10.255.0.1';

interface Held {
  readonly version: string;
  readonly endpoints: ReadonlyMap<string, number>;
}

const PREFIX = 'OUTBOUND|default|';
const CDS = ADS_TYPE_URL.CDS;
const EDS = ADS_TYPE_URL.EDS;

const endpointsIn = (bytes: Uint8Array): ReadonlyMap<string, number> =>
  new Map(
    fromBinary(envoy.ClusterLoadAssignmentSchema, bytes).endpoints.flatMap(({ lbEndpoints }) =>
      lbEndpoints.map(({ hostIdentifier, loadBalancingWeight }) => {
        const address = (hostIdentifier.value as envoy.Endpoint).address?.address;
        if (address?.case !== 'socketAddress') throw new Error('an endpoint without a socket address');
        const { address: host, portSpecifier } = address.value;
        return [`${host}:${portSpecifier.value}`, loadBalancingWeight ?? 0] as const;
      }),
    ),
  );

const counterIn = (held: Held | undefined): number =>
  Math.max(0, ...[...(held?.endpoints ?? [])].filter(([key]) => key.startsWith(COUNTER_HOST)).map(([, n]) => n));

/** Connects to the xDS port of one replica. */
export const startMirror = (port: number): Mirror => {
  const held = { [CDS]: new Map<string, Held>(), [EDS]: new Map<string, Held>() };
  const problems: string[] = [];
  let ends = 0;
  let closed = false;
  let hangUp = (): void => undefined;

  const connect = (): Promise<void> => {
    const channel = adsChannel(port);
    const call = channel.open('delta');
    const nonces = new Set<string>();
    const send = (message: object): void =>
      void call.write(create(envoy.DeltaDiscoveryRequestSchema, message as { typeUrl: string }));
    const take = (message: envoy.DeltaDiscoveryResponse): void => {
      const of = held[message.typeUrl];
      if (!of) return;
      if (nonces.has(message.nonce)) problems.push(`INV-11: nonce ${message.nonce} came twice`);
      nonces.add(message.nonce);
      for (const { name, version, resource } of message.resources) {
        const isEds = message.typeUrl === EDS;
        const now = { version, endpoints: isEds && resource ? endpointsIn(resource.value) : new Map() };
        if (isEds && !held[CDS]?.has(name)) problems.push(`INV-13: endpoints of ${name}, a cluster not told of`);
        if (counterIn(now) < counterIn(of.get(name)))
          problems.push(`INV-11: ${name} went from ${counterIn(of.get(name))} back to ${counterIn(now)}`);
        of.set(name, now);
      }
      for (const name of message.removedResources)
        if (!of.delete(name)) problems.push(`INV-12: ${name} was removed, and was not there`);
      send({ typeUrl: message.typeUrl, responseNonce: message.nonce });
      if (message.typeUrl !== CDS) return;
      const names = message.resources.map(({ name }) => name).filter((name) => !held[EDS]?.has(name));
      if (names.length > 0) send({ typeUrl: EDS, resourceNamesSubscribe: names });
    };
    const had = (type: string) =>
      Object.fromEntries([...(held[type] ?? [])].map(([name, { version }]) => [name, version]));
    return new Promise((resolve) => {
      call.on('data', (message) => {
        try {
          take(message as envoy.DeltaDiscoveryResponse);
        } catch (error) {
          problems.push(String(error));
        }
      });
      call.on('error', () => undefined);
      call.on('status', () => {
        channel.close();
        resolve();
      });
      hangUp = () => call.cancel();
      const node = { id: 'sidecar~default/mirror~127.0.0.1', userAgentName: 'envoy' };
      send({ typeUrl: CDS, node, resourceNamesSubscribe: ['*'], initialResourceVersions: had(CDS) });
      const names = [...(held[EDS]?.keys() ?? [])];
      if (names.length > 0) send({ typeUrl: EDS, resourceNamesSubscribe: names, initialResourceVersions: had(EDS) });
    });
  };
  void (async () => {
    while (!closed) {
      await connect();
      ends++;
      await pass(100);
    }
  })();
  return {
    endpoints: (service) => held[EDS]?.get(`${PREFIX}${service}`)?.endpoints ?? new Map(),
    problems,
    ends: () => ends,
    close: () => {
      closed = true;
      hangUp();
    },
  };
};
