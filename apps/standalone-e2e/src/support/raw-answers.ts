import { create, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { envoy, grpcPackageDefinition, polaris } from '@thuban/proto';
import { openDelta, openSotw, TYPE_NAMES, type Subscriptions, type Type, type Versions } from './ads-client.js';

const DISCOVER = grpcPackageDefinition(polaris.PolarisGRPC)['v1.PolarisGRPC']!['Discover']!;
const { INSTANCE, SERVICES } = polaris.DiscoverRequest_DiscoverRequestType;

/** A subscription to everything that a namespace with these services has, by the names that Polaris's server gives. */
export const subscriptionsTo = (services: readonly string[]): Subscriptions => ({
  CDS: [],
  EDS: services.map((service) => `OUTBOUND|default|${service}`),
  LDS: [],
  RDS: ['polaris-outbound-router'],
});

const openDiscover = (address: string) => {
  const client = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(DISCOVER.path, asIs, asIs);
  return call.on('close', () => client.close());
};

const discover = (address: string, request: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const call = openDiscover(address).on('data', resolve).on('error', reject);
    call.write(request);
    call.end();
  });

/** A Discover stream that is kept open, as SDKs do, and opened again whenever the server ends it. Resolves once it has been answered. */
export const keepDiscovering = async (address: string): Promise<{ close(): void }> => {
  const request = create(polaris.DiscoverRequestSchema, { type: SERVICES, service: { namespace: 'default' } });
  let closed = false;
  let call: ReturnType<typeof openDiscover>;
  const open = (answered: () => void): void => {
    call = openDiscover(address)
      .on('data', answered)
      .on('error', () => undefined)
      .on('end', () => !closed && setImmediate(open, answered));
    call.write(Buffer.from(toBinary(polaris.DiscoverRequestSchema, request)));
  };
  await new Promise<void>(open);
  return {
    close: () => {
      closed = true;
      call.cancel();
    },
  };
};

/** The bytes, as hex, that Discover answers for the instances of each service and for the services of the namespace. */
export const discoverAnswers = async (address: string, services: readonly string[]): Promise<readonly string[]> => {
  const requests = [
    create(polaris.DiscoverRequestSchema, { type: SERVICES, service: { namespace: 'default' } }),
    ...services.map((name) =>
      create(polaris.DiscoverRequestSchema, { type: INSTANCE, service: { namespace: 'default', name } }),
    ),
  ];
  const bytes = requests.map((request) => Buffer.from(toBinary(polaris.DiscoverRequestSchema, request)));
  return (await Promise.all(bytes.map((request) => discover(address, request)))).map((answer) =>
    answer.toString('hex'),
  );
};

/** The first responses of a fresh SotW stream by type as hex, without the nonce: that one is never used twice. */
export const sotwAnswers = async (
  address: string,
  services: readonly string[],
): Promise<Readonly<Record<Type, string>>> => {
  const stream = openSotw(address, subscriptionsTo(services));
  const answers: Partial<Record<Type, string>> = {};
  for (const type of TYPE_NAMES) {
    const response = await stream.waitFor(type);
    answers[type] = Buffer.from(toBinary(envoy.DiscoveryResponseSchema, { ...response, nonce: '' })).toString('hex');
  }
  stream.close();
  return answers as Record<Type, string>;
};

/** The first responses of a fresh delta stream by type as hex without the nonce, and their versions by name. */
export const deltaAnswers = async (
  address: string,
  services: readonly string[],
): Promise<{ readonly hex: Readonly<Record<Type, string>>; readonly versions: Readonly<Record<Type, Versions>> }> => {
  const stream = openDelta(address, subscriptionsTo(services));
  const hex: Partial<Record<Type, string>> = {};
  const versions: Partial<Record<Type, Versions>> = {};
  for (const type of TYPE_NAMES) {
    const response = await stream.waitFor(type);
    hex[type] = Buffer.from(toBinary(envoy.DeltaDiscoveryResponseSchema, { ...response, nonce: '' })).toString('hex');
    versions[type] = Object.fromEntries(response.resources.map(({ name, version }) => [name, version]));
  }
  stream.close();
  return { hex: hex as Record<Type, string>, versions: versions as Record<Type, Versions> };
};
