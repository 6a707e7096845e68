/** How a label, header or query parameter is compared. `RANGE` is `min~max`, `IN` and `NOT_IN` are comma separated. */
export interface MatchValue {
  readonly type: 'EXACT' | 'REGEX' | 'NOT_EQUALS' | 'IN' | 'NOT_IN' | 'RANGE';
  /** `TEXT` compares with `value`; `PARAMETER` with the caller's own value of the same key; `VARIABLE` with a variable of the caller's environment. */
  readonly valueType: 'TEXT' | 'PARAMETER' | 'VARIABLE';
  readonly value: string;
}

/** What a request carries that a rule looks at. `key` is empty for METHOD, PATH and CALLER_IP. */
export interface RequestMatch {
  readonly type: 'CUSTOM' | 'METHOD' | 'HEADER' | 'QUERY' | 'CALLER_IP' | 'PATH' | 'COOKIE' | 'CALLER_METADATA';
  readonly key: string;
  readonly value: MatchValue;
}

/** Whose traffic a rule is about; `*` stands for any. All of `arguments` must match. */
export interface RouteSource {
  readonly namespace: string;
  readonly service: string;
  readonly arguments: readonly RequestMatch[];
}

/** The instances of a service with certain labels. The lowest `priority` is used first, `weight` divides within it. */
export interface RouteDestination {
  readonly namespace: string;
  readonly service: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, MatchValue>>;
  readonly priority: number;
  readonly weight: number;
  readonly isolated: boolean;
  /** Another service that takes the traffic, or empty. */
  readonly transfer: string;
}

/** One alternative: any of `sources` (none: everybody), to `destinations`. */
export interface RouteBranch {
  readonly name: string;
  readonly sources: readonly RouteSource[];
  readonly destinations: readonly RouteDestination[];
}

/** A routing rule as operators write it (Polaris v2, RulePolicy). `branches` are tried in order, rules by ascending `priority`. */
export interface RouteRule {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly priority: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly branches: readonly RouteBranch[];
}

/** The routing of one service in Polaris's first form: who may come in and where its own calls go. Each branch in order, the first match decides. */
export interface ServiceRouting {
  readonly namespace: string;
  readonly service: string;
  readonly inbounds: readonly RouteBranch[];
  readonly outbounds: readonly RouteBranch[];
}

/** Every event of the rules log. */
export type RulesEvent =
  /** A routing rule is new. */
  | { readonly type: 'RouteRuleCreated'; readonly data: RouteRule }
  /** A routing rule was changed; `data` is all of it. */
  | { readonly type: 'RouteRuleChanged'; readonly data: RouteRule }
  /** A routing rule is gone. */
  | { readonly type: 'RouteRuleDeleted'; readonly data: { readonly id: string } }
  /** The routing of a service, in the first form, is new or changed; `data` is all of it. */
  | { readonly type: 'ServiceRoutingChanged'; readonly data: ServiceRouting }
  /** The routing of a service, in the first form, is gone. */
  | { readonly type: 'ServiceRoutingDeleted'; readonly data: { readonly namespace: string; readonly service: string } };
