import type { Instance, Namespace, Service } from '@thuban/events';

/** A page of a list of `/v1`; `next` is the cursor of the following page and absent on the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** What `/v1` says of a namespace, a service and an instance: the thing as registered, and what was counted or folded. */
export type NamespaceItem = Namespace & { readonly services: number };
export type ServiceItem = Service & { readonly instances: number };
export type InstanceItem = Instance;

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
