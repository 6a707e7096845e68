import { credentials, makeClientConstructor, type ClientDuplexStream, type StatusObject } from '@grpc/grpc-js';
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { envoy, grpcPackageDefinition } from '@thuban/proto';
import type { TestXdsType } from './xds-source.js';

const PREFIX = 'type.googleapis.com/';
export const ADS_TYPE_URL: Readonly<Record<TestXdsType, string>> = {
  CDS: `${PREFIX}${envoy.ClusterSchema.typeName}`,
  EDS: `${PREFIX}${envoy.ClusterLoadAssignmentSchema.typeName}`,
  LDS: `${PREFIX}${envoy.ListenerSchema.typeName}`,
  RDS: `${PREFIX}${envoy.RouteConfigurationSchema.typeName}`,
};
/** A type that nobody serves: asked for one of its names, a delta server says that there is none (R4). */
const NOBODYS_TYPE = `${PREFIX}thuban.testing.Nothing`;

/** One response in either mode, as far as a test wants to see it. */
export interface AdsResponse {
  readonly type: TestXdsType | undefined;
  readonly typeUrl: string;
  readonly nonce: string;
  /** `version_info` or `system_version_info`. */
  readonly version: string;
  readonly controlPlane: string;
  /** name → version (delta) or the encoded resource in hex (SotW, which has no version by name). */
  readonly resources: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
  /** name → encoded resource, without its Any. */
  readonly bodies: ReadonlyMap<string, Uint8Array>;
}

export interface AdsClientOptions {
  readonly mode?: 'delta' | 'sotw';
  /** Undefined: no node at all. */
  readonly node?: MessageInitShape<typeof envoy.NodeSchema> | undefined;
  /** Repeat the node in every request, as grpc-java does; otherwise only the first names it (R6). */
  readonly nodeAlways?: boolean;
  /** From `adsChannel`, to have many streams on one connection. */
  readonly channel?: AdsChannel;
}

/**
 * A raw ADS client whose use reads as a transcript: `subscribe`, `expectResponse`, `ack`, `nack`, `expectSilence`. It does
 * nothing by itself, so that a test decides when an acknowledgement goes out.
 */
export interface AdsClient {
  readonly mode: 'delta' | 'sotw';
  /** Delta: adds the names (none: the legacy wildcard, if it is the first request). SotW: adds them to the list it sends. */
  subscribe(type: TestXdsType, ...names: readonly string[]): void;
  unsubscribe(type: TestXdsType, ...names: readonly string[]): void;
  /** The next response, which must be of this type. */
  expectResponse(type: TestXdsType): Promise<AdsResponse>;
  /** The next response of whatever type. */
  next(): Promise<AdsResponse>;
  ack(response: AdsResponse): void;
  nack(response: AdsResponse, message: string): void;
  /** `expectResponse` and `ack`. */
  accept(type: TestXdsType): Promise<AdsResponse>;
  /** Asserts that nothing is on its way, by a round trip that follows whatever the server wanted to say. */
  expectSilence(): Promise<void>;
  /** First request of a type on a stream that follows another one: what the client has, and what it wants (R27). */
  resume(type: TestXdsType, has: ReadonlyMap<string, string>, ...names: readonly string[]): void;
  /** Sends any request as it is; the node is added as configured. */
  send(request: RawRequest): void;
  /** How the server ended the stream. */
  readonly ended: Promise<StatusObject>;
  /** Stops and resumes reading from the socket. */
  pause(): void;
  proceed(): void;
  /** Cancels the stream and closes the connection if it is its own. */
  close(): void;
}

type RawRequest =
  MessageInitShape<typeof envoy.DiscoveryRequestSchema> | MessageInitShape<typeof envoy.DeltaDiscoveryRequestSchema>;
type Call = ClientDuplexStream<unknown, envoy.DiscoveryResponse | envoy.DeltaDiscoveryResponse>;

/** A connection to an ADS server on loopback. */
export interface AdsChannel {
  open(mode: 'delta' | 'sotw'): Call;
  close(): void;
}

const Ads = makeClientConstructor(
  grpcPackageDefinition(envoy.AggregatedDiscoveryService, { decode: true })[
    envoy.AggregatedDiscoveryService.typeName
  ] as never,
  'AggregatedDiscoveryService',
);

export function adsChannel(port: number): AdsChannel {
  const client = new Ads(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
  }) as unknown as Record<string, () => Call> & { close(): void };
  return {
    open: (mode) => (mode === 'delta' ? client['DeltaAggregatedResources']!() : client['StreamAggregatedResources']!()),
    close: () => client.close(),
  };
}

/** A server that answers at all answers well within this. */
const PATIENCE_MS = 5000;

export function connectAds(port: number, options: AdsClientOptions = {}): AdsClient {
  const mode = options.mode ?? 'delta';
  const channel = options.channel ?? adsChannel(port);
  const call = channel.open(mode);
  const inbox: AdsResponse[] = [];
  const waiters: ((response: AdsResponse) => void)[] = [];
  const names = new Map<string, Set<string>>();
  const versions = new Map<string, { readonly version: string; readonly nonce: string }>();
  const node = 'node' in options ? options.node : { id: 'sidecar~default/test~127.0.0.1', userAgentName: 'envoy' };
  let nodeSent = false;
  let probes = 0;

  call.on('data', (message: envoy.DiscoveryResponse | envoy.DeltaDiscoveryResponse) => {
    const response = responseOf(message);
    const waiter = waiters.shift();
    if (waiter) waiter(response);
    else inbox.push(response);
  });
  call.on('error', () => undefined); // the status says it
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve));

  const send = (request: RawRequest) => {
    const named = node !== undefined && (!nodeSent || options.nodeAlways) ? { node } : {};
    nodeSent = true;
    if (mode === 'delta') call.write(create(envoy.DeltaDiscoveryRequestSchema, { ...(request as object), ...named }));
    else call.write(create(envoy.DiscoveryRequestSchema, { ...(request as object), ...named }));
  };
  const listOf = (typeUrl: string) => {
    let list = names.get(typeUrl);
    if (!list) names.set(typeUrl, (list = new Set()));
    return list;
  };
  const sendList = (typeUrl: string, more: object = {}) => {
    const { version = '', nonce = '' } = versions.get(typeUrl) ?? {};
    send({ typeUrl, resourceNames: [...listOf(typeUrl)], versionInfo: version, responseNonce: nonce, ...more });
  };
  const next = async (): Promise<AdsResponse> => {
    const ready = inbox.shift();
    if (ready) return ready;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no response within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    });
    const response = new Promise<AdsResponse>((resolve) => waiters.push(resolve));
    const end = ended.then(({ code, details }) => Promise.reject(new Error(`the stream ended: ${code} ${details}`)));
    return Promise.race([response, late, end]).finally(() => clearTimeout(timer));
  };
  const answer = (response: AdsResponse, error: object) => {
    const { typeUrl, nonce, version } = response;
    if (mode === 'delta') return send({ typeUrl, responseNonce: nonce, ...error });
    // A refusal repeats the version that is in force.
    const inForce = 'errorDetail' in error ? (versions.get(typeUrl)?.version ?? '') : version;
    versions.set(typeUrl, { version: inForce, nonce });
    sendList(typeUrl, error);
  };
  const change = (type: TestXdsType, subscribe: readonly string[], unsubscribe: readonly string[]) => {
    const typeUrl = ADS_TYPE_URL[type];
    for (const name of subscribe) listOf(typeUrl).add(name);
    for (const name of unsubscribe) listOf(typeUrl).delete(name);
    if (mode === 'sotw') sendList(typeUrl);
    else send({ typeUrl, resourceNamesSubscribe: [...subscribe], resourceNamesUnsubscribe: [...unsubscribe] });
  };
  const probe = async (): Promise<AdsResponse> => {
    const name = `probe-${++probes}`;
    if (mode === 'delta') send({ typeUrl: NOBODYS_TYPE, resourceNamesSubscribe: [name] });
    else sendList(ADS_TYPE_URL.RDS, { resourceNames: [...listOf(ADS_TYPE_URL.RDS), name] });
    return next();
  };

  const client: AdsClient = {
    mode,
    subscribe: (type, ...subscribe) => change(type, subscribe, []),
    unsubscribe: (type, ...unsubscribe) => change(type, [], unsubscribe),
    next,
    async expectResponse(type) {
      const response = await next();
      if (response.type !== type) throw new Error(`expected ${type}, got ${describe(response)}`);
      return response;
    },
    ack: (response) => answer(response, {}),
    nack: (response, message) => answer(response, { errorDetail: { code: 13, message } }),
    async accept(type) {
      const response = await client.expectResponse(type);
      client.ack(response);
      return response;
    },
    async expectSilence() {
      const response = await probe();
      const expected = mode === 'delta' ? NOBODYS_TYPE : ADS_TYPE_URL.RDS;
      if (response.typeUrl !== expected || response.resources.size > 0)
        throw new Error(`expected silence, got ${describe(response)}`);
      if (mode === 'sotw') client.ack(response);
    },
    resume(type, has, ...subscribe) {
      for (const name of subscribe) listOf(ADS_TYPE_URL[type]).add(name);
      if (mode === 'sotw') return sendList(ADS_TYPE_URL[type]);
      const initialResourceVersions = Object.fromEntries(has);
      send({ typeUrl: ADS_TYPE_URL[type], resourceNamesSubscribe: [...subscribe], initialResourceVersions });
    },
    send,
    ended,
    pause: () => void call.pause(),
    proceed: () => void call.resume(),
    close() {
      call.cancel();
      if (!options.channel) channel.close();
    },
  };
  return client;
}

const describe = ({ type, typeUrl, resources, removed }: AdsResponse): string =>
  `${type ?? typeUrl} with [${[...resources.keys()].join(', ')}], without [${removed.join(', ')}]`;

const TYPES = new Map(Object.entries(ADS_TYPE_URL).map(([type, url]) => [url, type as TestXdsType]));

function responseOf(message: envoy.DiscoveryResponse | envoy.DeltaDiscoveryResponse): AdsResponse {
  const common = {
    type: TYPES.get(message.typeUrl),
    typeUrl: message.typeUrl,
    nonce: message.nonce,
    controlPlane: message.controlPlane?.identifier ?? '',
  };
  if (message.$typeName === 'envoy.service.discovery.v3.DeltaDiscoveryResponse')
    return {
      ...common,
      version: message.systemVersionInfo,
      resources: new Map(message.resources.map(({ name, version }) => [name, version])),
      bodies: new Map(message.resources.map(({ name, resource }) => [name, resource?.value ?? new Uint8Array()])),
      removed: message.removedResources,
    };
  const named = message.resources.map(({ value }) => [nameIn(value), value] as const);
  return {
    ...common,
    version: message.versionInfo,
    resources: new Map(named.map(([name, value]) => [name, Buffer.from(value).toString('hex')])),
    bodies: new Map(named),
    removed: [],
  };
}

/** The name of an encoded resource: field 1 of all four messages, so any of their schemas reads it. */
const nameIn = (bytes: Uint8Array): string =>
  fromBinary(envoy.ResourceNameSchema, bytes, { readUnknownFields: false }).name;
