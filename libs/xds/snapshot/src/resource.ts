/** The resource types in the order in which additions are sent (xds_protocol, "Eventual consistency considerations"). */
export const PUSH_ORDER = ['CDS', 'EDS', 'LDS', 'RDS'] as const;
export type XdsType = (typeof PUSH_ORDER)[number];

export const TYPE_URL: Readonly<Record<XdsType, string>> = {
  CDS: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  EDS: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  LDS: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  RDS: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
};

/** One xDS resource, encoded once per change. */
export interface Resource {
  readonly type: XdsType;
  readonly name: string;
  /** Hash of `type`, `name` and the bytes: equal content has an equal version on every replica and after a restart. */
  readonly version: string;
  /** The encoded resource message, without its Any. */
  readonly bytes: Buffer;
  /** Field 2 (`resources`) of a DeltaDiscoveryResponse, tag and length included: name, version and Any. */
  readonly deltaFrame: Buffer;
  /** Field 2 (`resources`) of a DiscoveryResponse, tag and length included: the Any. */
  readonly sotwFrame: Buffer;
  /** The clusters that this resource routes to: RDS (and LDS with inline routes) wait for them. */
  readonly clusters: readonly string[];
  /** The RouteConfigurations that a listener asks for. */
  readonly routes: readonly string[];
}

/** What decides the content a node gets, as facts of its Node message. */
export interface NodeFacts {
  readonly id: string;
  readonly cluster: string;
  readonly kind: 'sidecar' | 'gateway';
  readonly namespace: string;
  /** The service the node stands for; empty when it did not say. */
  readonly service: string;
  /** Traffic of the application is redirected to the listener, so an unknown host may go to its original destination. */
  readonly passthrough: boolean;
  readonly listenerPort: number;
  readonly userAgent: string;
}

/** A set of names that changed for the nodes of one view, in one turn. */
export interface ResourceChange {
  readonly type: XdsType;
  /** The view of the change: see `ResourceSource.viewOf`. */
  readonly view: string;
  readonly names: readonly string[];
}

/** Where the protocol finds resources. A view is the equivalence class of nodes that get the same bytes for a type. */
export interface ResourceSource {
  /** The view of a node for a type. Nodes with equal views share every resource of that type. */
  viewOf(type: XdsType, node: NodeFacts): string;
  /**
   * The current resource, or undefined when there is none of that name (which is an answer, not an error).
   * A cluster is also found by name outside the wildcard of its view; changes of it are then told under the view `''`.
   */
  get(type: XdsType, view: string, name: string): Resource | undefined;
  /** Whether a resource that `get` answers is in the wildcard of the view. */
  covers(type: XdsType, view: string, name: string): boolean;
  /** All names that a wildcard subscription of this view holds. */
  names(type: XdsType, view: string): Iterable<string>;
  /** Tells of every change, synchronously and after `get` already answers with the new content. Returns the unsubscribe. */
  onChange(listener: (changes: readonly ResourceChange[]) => void): () => void;
  /** A view is in use (first stream) or no longer (last stream): what nobody subscribes to need not be built. */
  retain(type: XdsType, view: string): void;
  release(type: XdsType, view: string): void;
}
