import { PUSH_ORDER, TYPE_URL, type NodeFacts, type XdsType } from '@thuban/xds-snapshot';
import type { Hub } from './hub.js';
import type { Mode } from './push.js';
import { covers, subscribeDelta, subscribeSotw, UNCHANGED, type SubscriptionChange } from './subscription.js';
import { isComplete } from './take-response.js';
import {
  forget,
  intendedOf,
  markAsked,
  newTypeState,
  recordAck,
  recordNack,
  wildcardNames,
  type TypeState,
} from './type-state.js';
import { verdictOn, type ErrorDetail, type Verdict } from './verdict.js';

/** One ADS stream of one client, without its socket. */
export interface AdsStream {
  readonly hub: Hub;
  readonly mode: Mode;
  /** From the first request; later ones may leave it out or repeat it (R6). */
  readonly node: NodeFacts;
  readonly states: { [T in XdsType]?: TypeState };
  /** Names asked for of types that are not served, to be answered as removed (R4). */
  unknown: Map<string, Set<string>> | undefined;
  /** New clusters whose endpoints have not been sent yet (R43). */
  awaitingEndpoints: Set<string> | undefined;
  /** Clusters that were waited for in vain. */
  waived: Set<string> | undefined;
  /** When `takeResponse` should be asked again though nothing happens; monotonic milliseconds. */
  wakeAtMs: number | undefined;
}

/** DiscoveryRequest, as far as the protocol looks at it. */
export interface SotwRequest {
  readonly typeUrl: string;
  /** Undefined: exactly the list of the last request of the type. */
  readonly resourceNames: readonly string[] | undefined;
  readonly responseNonce: string;
  readonly errorDetail?: ErrorDetail | undefined;
}

/** DeltaDiscoveryRequest, as far as the protocol looks at it. */
export interface DeltaRequest {
  readonly typeUrl: string;
  readonly resourceNamesSubscribe: readonly string[];
  readonly resourceNamesUnsubscribe: readonly string[];
  readonly initialResourceVersions: Readonly<Record<string, string>>;
  readonly responseNonce: string;
  readonly errorDetail?: ErrorDetail | undefined;
}

/** What became of a request. */
export interface Receipt {
  /** Undefined: a type that is not served. */
  readonly type: XdsType | undefined;
  readonly verdict: Verdict;
  /** Of an ACK: milliseconds since the oldest change that it acknowledges. */
  readonly convergedMs?: number | undefined;
  /** The request asked for more than the stream may hold; it was not carried out and the stream must end. */
  readonly exhausted?: string;
}

export const openStream = (hub: Hub, mode: Mode, node: NodeFacts): AdsStream => {
  const stream: AdsStream = {
    hub,
    mode,
    node,
    states: {},
    unknown: undefined,
    awaitingEndpoints: undefined,
    waived: undefined,
    wakeAtMs: undefined,
  };
  return stream;
};

export function closeStream(stream: AdsStream): void {
  for (const type of PUSH_ORDER) {
    const state = stream.states[type];
    if (state) stream.hub.index.leave(state);
    delete stream.states[type];
  }
}

/** `nowMs` is monotonic, `timeMs` the wall clock (for the status page). */
export interface Now {
  readonly nowMs: number;
  readonly timeMs: number;
}

/** Takes in a SotW request. What it is owed comes out of `takeResponse`. */
export function receiveSotw(stream: AdsStream, request: SotwRequest, now: Now): Receipt {
  const type = typeOf(request.typeUrl);
  if (!type) return { type: undefined, verdict: verdictOn(request, '') }; // R4: silence
  const known = stream.states[type];
  const verdict = verdictOn(request, known?.nonceSent ?? '');
  const excess = excessOf(stream, request.resourceNames ?? [], known);
  if (excess) return { type, verdict, exhausted: excess };
  const state = known ?? openType(stream, type);
  const convergedMs = settle(state, verdict, request.errorDetail, now);
  // R12: a stale request gets no answer of its own, as a response is in flight. Its list counts all the same: the next ACK
  // repeats the list, but not that a name was dropped and taken up again.
  const { resourceNames } = request;
  const change = resourceNames
    ? subscribeSotw(state.subscription, resourceNames, emptyMeansAll(stream, type))
    : UNCHANGED;
  if (change !== UNCHANGED) apply(state, change, undefined);
  // R14: the first request of a type is answered; one after that only if it asks for something new (R15).
  if (!known || change.wildcardBegan) state.owesAnswer = true;
  if (isComplete(state) && change.asked.length > 0) state.owesAnswer = true;
  return { type, verdict, convergedMs };
}

/** Takes in a delta request: ACK or NACK, change of subscription and what the client brings along may all be in it (R23). */
export function receiveDelta(stream: AdsStream, request: DeltaRequest, now: Now): Receipt {
  const type = typeOf(request.typeUrl);
  if (!type) return receiveUnknown(stream, request);
  const known = stream.states[type];
  const verdict = verdictOn(request, known?.nonceSent ?? '');
  const excess = excessOf(stream, request.resourceNamesSubscribe);
  if (excess) return { type, verdict, exhausted: excess };
  const state = known ?? openType(stream, type);
  const convergedMs = settle(state, verdict, request.errorDetail, now);
  const first = known ? undefined : { emptyMeansAll: emptyMeansAll(stream, type) };
  const { resourceNamesSubscribe, resourceNamesUnsubscribe } = request;
  // R24: also when the nonce is stale or the message a NACK.
  const change = subscribeDelta(state.subscription, resourceNamesSubscribe, resourceNamesUnsubscribe, first);
  apply(state, change, first && request.initialResourceVersions);
  if (change.wildcardBegan) state.owesAnswer = true;
  return { type, verdict, convergedMs };
}

/** Distinct unserved types that a stream may be owed an answer for at a time. */
const UNKNOWN_TYPES_MAX = 16;

function receiveUnknown(stream: AdsStream, request: DeltaRequest): Receipt {
  const verdict = verdictOn(request, '');
  const names = request.resourceNamesSubscribe.filter((name) => name !== '*');
  if (names.length === 0) return { type: undefined, verdict };
  const excess = excessOf(stream, names);
  if (excess) return { type: undefined, verdict, exhausted: excess };
  const unknown = (stream.unknown ??= new Map());
  const waiting = unknown.get(request.typeUrl) ?? new Set<string>();
  for (const name of names) waiting.add(name);
  if (unknown.has(request.typeUrl) || unknown.size < UNKNOWN_TYPES_MAX) unknown.set(request.typeUrl, waiting);
  return { type: undefined, verdict };
}

const typeOf = (typeUrl: string): XdsType | undefined => TYPES.get(typeUrl);
const TYPES: ReadonlyMap<string, XdsType> = new Map(PUSH_ORDER.map((type) => [TYPE_URL[type], type]));

/** R19: empty means everything for clusters and listeners, and never for a gRPC client. */
const emptyMeansAll = ({ node }: AdsStream, type: XdsType): boolean =>
  (type === 'CDS' || type === 'LDS') && !/^gRPC/i.test(node.userAgent);

function openType(stream: AdsStream, type: XdsType): TypeState {
  const state = newTypeState(stream, type, stream.hub.index.viewOf(type, stream.node));
  stream.states[type] = state;
  return state;
}

function settle(state: TypeState, verdict: Verdict, error: ErrorDetail | undefined, now: Now): number | undefined {
  if (verdict === 'NACK' && error) recordNack(state, error, isComplete(state), now.timeMs);
  return verdict === 'ACK' ? acknowledged(state, now.nowMs) : undefined;
}

function acknowledged(state: TypeState, nowMs: number): number | undefined {
  if (state.type === 'CDS' && state.stream.waived && state.pending)
    for (const { name } of state.pending.items) state.stream.waived.delete(name);
  return recordAck(state, nowMs);
}

/** Carries out a change of subscription: index, what must be answered, what need not be known any more. */
function apply(
  state: TypeState,
  change: SubscriptionChange,
  initial: Readonly<Record<string, string>> | undefined,
): void {
  const { hub, type } = { hub: state.stream.hub, type: state.type };
  hub.catchUp(type, state.view.key, change.asked);
  hub.index.subscribed(state, change);
  const held = initial ?? {};
  for (const name of change.asked) ask(state, name, held);
  for (const name of change.dropped) {
    if (covers(state.subscription, name)) {
      // R30. A SotW list goes on without the name, if it is not in the wildcard.
      if (state.stream.mode === 'delta' || !intendedOf(state, name)) markAsked(state, name);
    } else forget(state, name);
  }
  if (change.wildcardBegan) {
    for (const name of wildcardNames(state)) ask(state, name, held);
    for (const name of Object.keys(held)) if (!intendedOf(state, name)) markAsked(state, name); // R28
  }
  if (change.wildcardEnded) forgetUncovered(state);
}

/**
 * R26, R27: what is asked for is answered, except what a reconnecting client says it has. Not so for endpoints: Envoy has
 * been seen to report the right version and have none.
 */
function ask(state: TypeState, name: string, held: Readonly<Record<string, string>>): void {
  const version = Object.hasOwn(held, name) ? held[name] : undefined;
  const current = intendedOf(state, name)?.version;
  if (state.type === 'EDS' || version === undefined || version !== current) markAsked(state, name);
}

function forgetUncovered(state: TypeState): void {
  for (const name of [...(state.dirty ?? []), ...(state.confirmed?.keys() ?? [])])
    if (!covers(state.subscription, name)) forget(state, name);
}

/** Names that the stream subscribes to, of all types. */
export const subscribedNames = (stream: AdsStream): number =>
  PUSH_ORDER.reduce((sum, type) => sum + (stream.states[type]?.subscription.names.size ?? 0), 0);

/** Names of types that are not served, which are owed an answer. A client that does not read may not pile them up. */
const unansweredNames = ({ unknown }: AdsStream): number =>
  unknown ? [...unknown.values()].reduce((sum, { size }) => sum + size, 0) : 0;

/** Why the stream may not ask for these names as well. `replaced`: the state whose list they replace (SotW). */
function excessOf(stream: AdsStream, names: readonly string[], replaced?: TypeState): string | undefined {
  if (names.length === 0) return undefined;
  const { namesMax, nameCharsMax } = stream.hub.limits;
  const kept = subscribedNames(stream) + unansweredNames(stream) - (replaced?.subscription.names.size ?? 0);
  if (kept + names.length > namesMax) return `a stream may subscribe to at most ${namesMax} names`;
  if (names.some(({ length }) => length > nameCharsMax)) return `a name may have at most ${nameCharsMax} characters`;
  return undefined;
}
