import { statusOf, type Mode, type TypeStatus, type ViewVersions } from '@thuban/xds-protocol';
import type { NodeFacts } from '@thuban/xds-snapshot';
import type { Connection } from './connection.js';

/** One stream as the status page shows it. */
export interface StreamStatus {
  readonly nodeId: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly service: string;
  readonly kind: NodeFacts['kind'];
  readonly userAgent: string;
  readonly mode: Mode;
  /** Unix milliseconds. */
  readonly openedMs: number;
  /** For how long it has not taken what was sent. */
  readonly blockedMs: number | undefined;
  readonly types: readonly TypeStatus[];
}

/** Undefined while the node has not said who it is. */
export function streamStatusOf(
  connection: Connection,
  nowMs: number,
  versions: ViewVersions,
): StreamStatus | undefined {
  const { ads, blockedSinceMs, mode, openedMs } = connection;
  if (!ads) return undefined;
  const { id, cluster, namespace, service, kind, userAgent } = ads.node;
  return {
    nodeId: id,
    cluster,
    namespace,
    service,
    kind,
    userAgent,
    mode,
    openedMs,
    blockedMs: blockedSinceMs === undefined ? undefined : nowMs - blockedSinceMs,
    types: statusOf(ads, nowMs, versions),
  };
}
