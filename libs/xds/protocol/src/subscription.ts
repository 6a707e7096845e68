/** The name that asks for everything (xds_protocol, "How the client specifies what resources to return"). */
export const WILDCARD = '*';

/**
 * What one client asks for, of one type, on one stream. Changed only by `subscribeSotw` and `subscribeDelta`.
 * A legacy wildcard is the one a client means by naming nothing; it ends differently in the two modes (R19, R29).
 */
export interface Subscription {
  readonly names: Set<string>;
  wildcard: 'none' | 'legacy' | 'explicit';
  /** A name, `*` included, was asked for at some time: from then on an empty list means nothing (R19). */
  everNamed: boolean;
}

/** What a request changed about a subscription. */
export interface SubscriptionChange {
  /** Names that must be answered, whether or not the client is thought to have them (R17, R26). */
  readonly asked: readonly string[];
  /** Names that were subscribed one by one and are not any more. */
  readonly dropped: readonly string[];
  readonly wildcardBegan: boolean;
  readonly wildcardEnded: boolean;
}

export const UNCHANGED: SubscriptionChange = { asked: [], dropped: [], wildcardBegan: false, wildcardEnded: false };

export const newSubscription = (): Subscription => ({ names: new Set(), wildcard: 'none', everNamed: false });

/** Whether a resource of this name is of interest to the client. */
export const covers = (subscription: Subscription, name: string): boolean =>
  subscription.wildcard !== 'none' || subscription.names.has(name);

/**
 * A SotW request carries the whole list each time (R16, R19, R20).
 * `emptyMeansAll`: the type has a legacy wildcard and the client is not one that never means it (gRPC).
 */
export function subscribeSotw(
  subscription: Subscription,
  list: readonly string[],
  emptyMeansAll: boolean,
): SubscriptionChange {
  if (list.length > 0) subscription.everNamed = true;
  const wildcard = sotwWildcard(subscription, list, emptyMeansAll);
  if (wildcard === subscription.wildcard && repeats(subscription, list)) return UNCHANGED;
  const asked: string[] = [];
  for (const name of list) {
    if (name === WILDCARD || subscription.names.has(name)) continue;
    subscription.names.add(name);
    asked.push(name);
  }
  const dropped = leftOut(subscription, list);
  const before = subscription.wildcard;
  subscription.wildcard = wildcard;
  return changeOf(asked, dropped, before, wildcard);
}

function sotwWildcard(subscription: Subscription, list: readonly string[], emptyMeansAll: boolean) {
  if (list.includes(WILDCARD)) return 'explicit';
  return list.length === 0 && emptyMeansAll && !subscription.everNamed ? 'legacy' : 'none';
}

/** Every ACK repeats the list, and clients keep its order: then nothing needs to be looked up. */
function repeats({ names }: Subscription, list: readonly string[]): boolean {
  if (list.length !== names.size) return false;
  let at = 0;
  for (const name of names) if (list[at++] !== name) return false;
  return true;
}

/** Removes and returns the names that the list has no more, and takes over the order of the list. */
function leftOut({ names }: Subscription, list: readonly string[]): string[] {
  if (names.size === 0) return [];
  const listed = new Set(list);
  const dropped = [...names].filter((name) => !listed.has(name));
  names.clear();
  for (const name of listed) if (name !== WILDCARD) names.add(name);
  return dropped;
}

/** A delta request carries changes: subscribe first, then unsubscribe (R25). `first`: of this type on this stream (R29). */
export function subscribeDelta(
  subscription: Subscription,
  subscribe: readonly string[],
  unsubscribe: readonly string[],
  first: { readonly emptyMeansAll: boolean } | undefined,
): SubscriptionChange {
  if (subscribe.length === 0 && unsubscribe.length === 0 && !first) return UNCHANGED;
  const before = subscription.wildcard;
  if (first?.emptyMeansAll && subscribe.length === 0) subscription.wildcard = 'legacy';
  if (subscribe.length > 0) subscription.everNamed = true;
  for (const name of subscribe) {
    if (name === WILDCARD) subscription.wildcard = 'explicit';
    else subscription.names.add(name);
  }
  const dropped: string[] = [];
  for (const name of unsubscribe) {
    if (name === WILDCARD) subscription.wildcard = 'none';
    else if (subscription.names.delete(name)) dropped.push(name);
  }
  const asked = subscribe.filter((name) => subscription.names.has(name));
  return changeOf(asked, dropped, before, subscription.wildcard, subscribe.includes(WILDCARD));
}

function changeOf(
  asked: readonly string[],
  dropped: readonly string[],
  before: Subscription['wildcard'],
  after: Subscription['wildcard'],
  askedAgain = false,
): SubscriptionChange {
  return {
    asked,
    dropped,
    wildcardBegan: after !== 'none' && (before === 'none' || askedAgain),
    wildcardEnded: after === 'none' && before !== 'none',
  };
}
