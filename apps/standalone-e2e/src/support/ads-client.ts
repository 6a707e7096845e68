import { create, fromBinary, toBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Client, credentials, type StatusObject } from '@grpc/grpc-js';
import { envoy, grpcPackageDefinition } from '@thuban/proto';
import { atEnd } from './at-end.js';
import { eventually } from './eventually.js';

const METHODS = grpcPackageDefinition(envoy.AggregatedDiscoveryService)[
  'envoy.service.discovery.v3.AggregatedDiscoveryService'
]!;

/** The four types, in the order in which a client asks for them. */
export const TYPES = {
  CDS: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  EDS: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  LDS: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  RDS: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
} as const;
export type Type = keyof typeof TYPES;
export const TYPE_NAMES = Object.keys(TYPES) as readonly Type[];

const NODE = create(envoy.NodeSchema, { id: 'default/raw', cluster: 'raw' });

/** An ADS stream that accepts whatever comes and keeps it. */
export interface AdsStream<Response> {
  /** Everything of a type, in order of arrival. */
  received(type: Type): readonly Response[];
  /** Waits until there is a response of a type that satisfies the condition (any, if none is given). */
  waitFor(type: Type, condition?: (response: Response) => boolean): Promise<Response>;
  /** How the stream ended. */
  readonly ended: Promise<StatusObject>;
  close(): void;
}

interface Known {
  readonly typeUrl: string;
}

/** Opens one bidirectional stream of bytes and acknowledges each response with what `ackOf` makes of it. */
const openStream = <Response extends Known>(
  address: string,
  path: string,
  decode: (bytes: Buffer) => Response,
  ackOf: (response: Response) => Buffer,
): AdsStream<Response> & { readonly send: (bytes: Buffer) => void } => {
  const client = new Client(address, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest<Buffer, Buffer>(path, asIs, asIs);
  const all: Response[] = [];
  let failure: Error | undefined;
  call.on('data', (bytes: Buffer) => {
    const response = decode(bytes);
    all.push(response);
    call.write(ackOf(response));
  });
  call.on('error', (error) => (failure = error));
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve));
  const close = (): void => {
    call.cancel();
    client.close();
  };
  atEnd(close);
  const received = (type: Type): readonly Response[] => all.filter(({ typeUrl }) => typeUrl === TYPES[type]);
  return {
    send: (bytes) => void call.write(bytes),
    received,
    waitFor: (type, condition = () => true) =>
      eventually(() => {
        const found = received(type).find(condition);
        if (found) return found;
        throw new Error(`no such ${type} response yet${failure ? `: ${failure.message}` : ''}`);
      }),
    ended,
    close,
  };
};

type DeltaResponse = MessageShape<typeof envoy.DeltaDiscoveryResponseSchema>;
type SotwResponse = MessageShape<typeof envoy.DiscoveryResponseSchema>;

/** Resource names of a subscription; none is the wildcard. */
export type Subscriptions = Readonly<Record<Type, readonly string[]>>;

/** Versions by name that a client has from an earlier stream. */
export type Versions = Readonly<Record<string, string>>;

const bytesOf = <S extends typeof envoy.DeltaDiscoveryRequestSchema | typeof envoy.DiscoveryRequestSchema>(
  schema: S,
  message: MessageInitShape<S>,
): Buffer => Buffer.from(toBinary(schema, create(schema, message)));

/** The node is named in the first message only, as Envoy does it. */
const nodeOf = (type: Type): { node?: typeof NODE } => (type === TYPE_NAMES[0] ? { node: NODE } : {});

/** Subscribes to all types at once over delta ADS, saying what it `had` before. */
export const openDelta = (
  address: string,
  subscriptions: Subscriptions,
  had: Partial<Readonly<Record<Type, Versions>>> = {},
): AdsStream<DeltaResponse> => {
  const stream = openStream<DeltaResponse>(
    address,
    METHODS['DeltaAggregatedResources']!.path,
    (bytes) => fromBinary(envoy.DeltaDiscoveryResponseSchema, bytes),
    ({ typeUrl, nonce }) => bytesOf(envoy.DeltaDiscoveryRequestSchema, { typeUrl, responseNonce: nonce }),
  );
  for (const type of TYPE_NAMES)
    stream.send(
      bytesOf(envoy.DeltaDiscoveryRequestSchema, {
        ...nodeOf(type),
        typeUrl: TYPES[type],
        resourceNamesSubscribe: [...subscriptions[type]],
        initialResourceVersions: { ...had[type] },
      }),
    );
  return stream;
};

/** Subscribes to all types at once over SotW ADS. */
export const openSotw = (address: string, subscriptions: Subscriptions): AdsStream<SotwResponse> => {
  const requestOf = (type: Type): MessageInitShape<typeof envoy.DiscoveryRequestSchema> => ({
    typeUrl: TYPES[type],
    resourceNames: [...subscriptions[type]],
  });
  const typeOf = (typeUrl: string): Type => TYPE_NAMES.find((type) => TYPES[type] === typeUrl)!;
  const stream = openStream<SotwResponse>(
    address,
    METHODS['StreamAggregatedResources']!.path,
    (bytes) => fromBinary(envoy.DiscoveryResponseSchema, bytes),
    ({ typeUrl, nonce, versionInfo }) =>
      bytesOf(envoy.DiscoveryRequestSchema, { ...requestOf(typeOf(typeUrl)), responseNonce: nonce, versionInfo }),
  );
  for (const type of TYPE_NAMES)
    stream.send(bytesOf(envoy.DiscoveryRequestSchema, { ...requestOf(type), ...nodeOf(type) }));
  return stream;
};
