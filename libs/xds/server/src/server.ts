import { status, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '@thuban/event-sourcing';
import { envoy, grpcPackageDefinition, type GrpcPackageDefinition } from '@thuban/proto';
import { closeStream, openStream, type AdsStream, type Mode, type Push, type ViewVersions } from '@thuban/xds-protocol';
import type { NodeMessage, ParsedNode, ResourceSource } from '@thuban/xds-snapshot';
import { adsController, type AdsController } from './controller.js';
import type { Connection } from './connection.js';
import { createFanOut } from './fan-out.js';
import { SERVER_LIMITS, type ServerLimits } from './limits.js';
import type { ObservePush } from './push-watch.js';
import { receive, refuseWithoutNode } from './requests.js';
import { newStats, type XdsStats } from './stats.js';
import { streamStatusOf, type StreamStatus } from './stream-status.js';
import { grpcTransport, type EndStatus, type OpenTransport } from './transport.js';

export interface XdsServerOptions {
  readonly resources: ResourceSource;
  /** What the Node message of a client says about it, or what is wrong with it: `nodeFacts` of the snapshot library. */
  readonly nodeFacts: (node: NodeMessage) => ParsedNode;
  readonly clock: Clock;
  /** Runs the work after the sockets have been read: `setImmediate`. */
  readonly afterPoll: (work: () => void) => void;
  /** False: streams are refused with UNAVAILABLE before anything is read (R58). */
  readonly ready: () => boolean;
  readonly limits?: Partial<ServerLimits>;
  /** Who answers, in `control_plane.identifier` of every response (R9). */
  readonly controlPlane?: string;
  /** Follows changes to the writes, for traces: see `traceChanges`. */
  readonly observe?: ObservePush | undefined;
}

export interface XdsServer {
  /** The Nest controller that serves ADS, for the module that listens with `packageDefinition`. */
  readonly controllers: readonly [new () => AdsController];
  /** Of `envoy.service.discovery.v3`, with requests and responses as bytes. */
  readonly packageDefinition: GrpcPackageDefinition;
  /** Takes over one ADS call, as the controller does. */
  serve(mode: Mode, call: ServerDuplexStream<Buffer, Buffer>): void;
  /** Takes over one stream of whatever transport. */
  accept(mode: Mode, open: OpenTransport): void;
  status(): readonly StreamStatus[];
  readonly stats: XdsStats;
  /** Takes no more streams and ends the open ones with UNAVAILABLE, spread over `limits.closeMs`. */
  close(): Promise<void>;
}

const COMPLETE_BYTES_WARN = 3 * 1024 * 1024;

/** ADS, SotW and delta, for what a ResourceSource holds. */
export function xdsServer(options: XdsServerOptions): XdsServer {
  const { clock } = options;
  const limits: ServerLimits = { ...SERVER_LIMITS, ...options.limits };
  const stats = newStats();
  const connections = new Set<Connection>();
  const byStream = new Map<AdsStream, Connection>();
  let closing: Promise<void> | undefined;
  const fanOut = createFanOut({
    ...options,
    limits,
    controlPlane: options.controlPlane ?? 'thuban',
    connectionOf: (stream) => byStream.get(stream),
    onSent: countSent,
    onWake: sweep,
  });

  function accept(mode: Mode, open: OpenTransport): void {
    const refused = refuseNew();
    const transport = open({
      onRequest: (bytes) => onRequest(connection, bytes),
      onDrain: () => fanOut.drained(connection),
      onClose: () => forget(connection),
    });
    const nodeDueMs = clock.monotonic() + limits.firstRequestMsMax;
    const connection: Connection = {
      mode,
      transport,
      openedMs: clock.now(),
      nodeDueMs,
      ads: undefined,
      lastNames: new Map(),
      blockedSinceMs: undefined,
    };
    if (refused) return transport.close(refused);
    connections.add(connection);
    stats.streams[mode]++;
    stats.streamsOpened++;
    fanOut.wakeAt(nodeDueMs);
  }

  function refuseNew(): EndStatus | undefined {
    if (closing || !options.ready()) {
      stats.refusals.notReady++;
      return { code: status.UNAVAILABLE, details: closing ? 'shutting down' : 'not ready: still loading' };
    }
    if (connections.size < limits.streamsMax) return undefined;
    stats.refusals.full++;
    return { code: status.RESOURCE_EXHAUSTED, details: `${limits.streamsMax} streams are open here, which is all` };
  }

  function onRequest(connection: Connection, bytes: Buffer): void {
    stats.receivedBytes += bytes.length;
    if (bytes.length > limits.requestBytesMax) return evict(connection, 'requestBytes');
    const now = { nowMs: clock.monotonic(), timeMs: clock.now() };
    const { mode, ads, lastNames } = connection;
    const known = ads && { stream: ads, lastNames };
    const outcome = receive(mode, bytes, now, stats, known, (node) => identify(connection, node));
    if (outcome?.exhausted) return evict(connection, 'names', outcome.exhausted);
    if (outcome?.refused) {
      stats.refusals.invalid++;
      return connection.transport.close(outcome.refused);
    }
    fanOut.asked(connection);
  }

  /** R6: the first request says who this is, and only that one is asked. */
  function identify(connection: Connection, node: envoy.Node | undefined): AdsStream | EndStatus {
    const refused = refuseWithoutNode(node);
    if (refused || !node) return refused ?? { code: status.INVALID_ARGUMENT, details: 'node: missing' };
    const { id, cluster, metadata = {}, userAgentName } = node;
    const parsed = options.nodeFacts({ id, cluster, metadata, userAgentName });
    if (!parsed.ok) return { code: status.INVALID_ARGUMENT, details: parsed.error };
    const ads = openStream(fanOut.hub, connection.mode, parsed.facts);
    connection.ads = ads;
    byStream.set(ads, connection);
    return ads;
  }

  function forget(connection: Connection): void {
    fanOut.forget(connection);
    if (!connections.delete(connection)) return;
    stats.streams[connection.mode]--;
    if (!connection.ads) return;
    byStream.delete(connection.ads);
    closeStream(connection.ads);
  }

  function evict(connection: Connection, why: keyof XdsStats['evictions'], details: string = EVICTED[why]): void {
    stats.evictions[why]++;
    const code = why === 'slow' || why === 'silent' ? status.UNAVAILABLE : status.RESOURCE_EXHAUSTED;
    connection.transport.close({ code, details });
  }

  function sweep(nowMs: number): void {
    for (const connection of [...connections]) {
      const { ads, blockedSinceMs, nodeDueMs } = connection;
      if (!ads && nowMs >= nodeDueMs) evict(connection, 'silent');
      else if (!ads) fanOut.wakeAt(nodeDueMs);
      if (blockedSinceMs !== undefined) {
        if (nowMs >= blockedSinceMs + limits.drainMsMax) evict(connection, 'slow');
        else fanOut.wakeAt(blockedSinceMs + limits.drainMsMax);
      }
      if (ads?.wakeAtMs === undefined || blockedSinceMs !== undefined) continue;
      if (nowMs >= ads.wakeAtMs) fanOut.asked(connection);
      else fanOut.wakeAt(ads.wakeAtMs);
    }
  }

  function countSent({ type, items, bytes }: Push): void {
    stats.sentBytes += bytes.length;
    if (!type) return;
    stats.pushes[type]++;
    stats.items[type] += items.length;
    if (bytes.length > COMPLETE_BYTES_WARN) stats.oversized++;
  }

  async function endAll(): Promise<void> {
    const open = [...connections];
    const perStep = Math.max(1, Math.ceil(open.length / CLOSE_STEPS));
    for (let from = 0; from < open.length; from += perStep) {
      if (from > 0) await clock.after(limits.closeMs / CLOSE_STEPS);
      for (const { transport } of open.slice(from, from + perStep))
        transport.close({ code: status.UNAVAILABLE, details: 'shutting down' });
    }
    fanOut.stop();
  }

  const serve = (mode: Mode, call: ServerDuplexStream<Buffer, Buffer>) =>
    accept(mode, (events) => grpcTransport(call, events));
  return {
    controllers: [adsController(serve)],
    packageDefinition: grpcPackageDefinition(envoy.AggregatedDiscoveryService),
    serve,
    accept,
    status: () => {
      const versions: ViewVersions = new Map();
      return [...connections].flatMap((connection) => streamStatusOf(connection, clock.monotonic(), versions) ?? []);
    },
    stats,
    close: () => (closing ??= endAll()),
  };
}

/** In how many steps the streams are ended, so that not everybody reconnects at once. */
const CLOSE_STEPS = 20;

const EVICTED = {
  slow: 'the stream does not take what is sent',
  silent: 'no request came',
  names: 'too many names',
  requestBytes: 'the request is too long',
} as const;
