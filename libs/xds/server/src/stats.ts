import type { XdsType } from '@thuban/xds-snapshot';
import type { Mode, Verdict } from '@thuban/xds-protocol';

/** Upper bounds of the convergence histogram; one more bucket counts what took longer. */
export const CONVERGENCE_BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;

type PerType = { [T in XdsType]: number };

/** Plain counters since start, for the metrics page to read. Gauges are marked. */
export interface XdsStats {
  /** Gauge: open streams by mode. */
  readonly streams: { [M in Mode]: number };
  streamsOpened: number;
  readonly requests: { [V in Verdict]: number };
  /** Requests for types that are not served. */
  requestsUnknownType: number;
  readonly nacks: PerType;
  readonly pushes: PerType;
  /** Resources and removals in them. */
  readonly items: PerType;
  /** Complete SotW responses longer than 3 MiB: gRPC clients take at most 4 (R56). */
  oversized: number;
  sentBytes: number;
  receivedBytes: number;
  /** Streams ended because they did not drain, or asked for too much. */
  readonly evictions: { slow: number; silent: number; names: number; requestBytes: number };
  /** Streams refused at once: no room, not ready. */
  readonly refusals: { full: number; notReady: number; invalid: number };
  /** Change → acknowledgement, one value a stream and change. */
  readonly convergence: { readonly buckets: number[]; count: number; sumMs: number; maxMs: number };
}

const perType = (): PerType => ({ CDS: 0, EDS: 0, LDS: 0, RDS: 0 });

export const newStats = (): XdsStats => ({
  streams: { sotw: 0, delta: 0 },
  streamsOpened: 0,
  requests: { FIRST: 0, STALE: 0, ACK: 0, NACK: 0 },
  requestsUnknownType: 0,
  nacks: perType(),
  pushes: perType(),
  items: perType(),
  oversized: 0,
  sentBytes: 0,
  receivedBytes: 0,
  evictions: { slow: 0, silent: 0, names: 0, requestBytes: 0 },
  refusals: { full: 0, notReady: 0, invalid: 0 },
  convergence: { buckets: [...CONVERGENCE_BUCKETS_MS, Infinity].map(() => 0), count: 0, sumMs: 0, maxMs: 0 },
});

export function observeConvergence({ convergence }: XdsStats, ms: number): void {
  const at = CONVERGENCE_BUCKETS_MS.findIndex((bound) => ms <= bound);
  const bucket = at < 0 ? CONVERGENCE_BUCKETS_MS.length : at;
  convergence.buckets[bucket] = (convergence.buckets[bucket] ?? 0) + 1;
  convergence.count++;
  convergence.sumMs += ms;
  convergence.maxMs = Math.max(convergence.maxMs, ms);
}
