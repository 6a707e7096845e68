import type { Instance, Namespace, RouteRule, Service } from '@thuban/events';

/** A page of a list of `/v1`; `next` is the cursor of the following page and absent on the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** What `/v1` says of a namespace, a service and an instance: the thing as registered, and what was counted or folded. */
export type NamespaceItem = Namespace & { readonly services: number };
export type ServiceItem = Service & { readonly instances: number };
export type InstanceItem = Instance;

/** A routing rule as `/v1` shows it. */
export type RuleItem = RouteRule & { readonly seq: number; readonly createdAt: string; readonly changedAt: string };

/** An event as `/v1/events` gives it. */
export interface EventItem {
  readonly log: string;
  readonly shard: number;
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  /** RFC 3339. */
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly meta: { readonly actor: string; readonly requestId: string };
}

/** What one type of one xDS stream is meant to hold and has acknowledged; equal versions mean that the proxy is level. */
export interface StreamType {
  readonly type: string;
  readonly wildcard: boolean;
  readonly subscribed: number;
  readonly intendedVersion: string;
  readonly acknowledgedVersion: string;
  readonly waiting: number;
  readonly unacknowledged: number;
  readonly unacknowledgedMs?: number;
  readonly refused: readonly string[];
  readonly nack?: { readonly message: string };
}

export interface StreamItem {
  readonly nodeId: string;
  readonly kind: string;
  readonly userAgent: string;
  readonly mode: string;
  readonly openedMs: number;
  readonly types: readonly StreamType[];
}

/** `/v1/status`. */
export interface Status {
  readonly version: string;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly logs: readonly {
    readonly name: string;
    readonly id: string;
    readonly shards: number;
    readonly events?: number;
    readonly tips?: readonly number[];
    readonly unavailable?: string;
  }[];
  readonly projections: readonly { readonly name: string; readonly lagEvents: number }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly sections: {
    readonly xds?: { readonly streams: readonly StreamItem[] };
    /** What is registered and does not reach proxies as it was meant; one sentence each. */
    readonly problems?: readonly { readonly kind: string; readonly namespace: string; readonly text: string }[];
  };
}

/** A line of `/v1/audit`: a change, or an attempt that changed nothing. */
export interface AuditItem {
  readonly outcome: 'committed' | 'denied' | 'refused' | 'failed';
  /** RFC 3339. */
  readonly at: string;
  readonly actor: string;
  readonly requestId: string;
  readonly type: string;
  readonly stream?: string;
  readonly log?: string;
  readonly shard?: number;
  readonly seq?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** `/v1/audit/verify`. */
export interface AuditVerification {
  readonly ok: boolean;
  readonly logs: readonly {
    readonly name: string;
    readonly id: string;
    readonly current?: boolean;
    readonly events: number;
    readonly behind?: number;
    readonly source: 'same' | 'differs' | 'unknown';
  }[];
  readonly breaks: readonly {
    readonly log: string;
    readonly shard: number;
    readonly seq: number;
    readonly why: string;
    readonly foundAt: string;
  }[];
  readonly problems: readonly string[];
  readonly counts: {
    readonly attempts: number;
    readonly duplicates: number;
    readonly poison: Readonly<Record<string, number>>;
  };
}
