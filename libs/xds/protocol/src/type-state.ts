import type { Resource, XdsType } from '@thuban/xds-snapshot';
import type { AdsStream } from './stream.js';
import type { PublishedView } from './push-index.js';
import type { Item, Push } from './push.js';
import { covers, newSubscription, type Subscription } from './subscription.js';
import { nackOf, type ErrorDetail, type Nack } from './verdict.js';

/** It is not known what the client holds under a name: nothing, an older version, or the current one that it forgot. */
export const UNKNOWN = Symbol('unknown');

/** What the client holds under a name, as far as it has acknowledged; undefined: it knows that there is nothing. */
export type Holding = Resource | undefined | typeof UNKNOWN;

/** One type on one stream: a sub-stream of its own in everything (R3). */
export interface TypeState {
  readonly stream: AdsStream;
  readonly type: XdsType;
  readonly view: PublishedView;
  readonly subscription: Subscription;
  /**
   * What the client holds *where that differs from what is published*, so that a client that is level costs nothing by
   * name. Names that are sent but not acknowledged stay here at what was there before (R37).
   */
  confirmed: Map<string, Holding> | undefined;
  /** Names to look at before the next response: a set, never a queue of messages (R54). */
  dirty: Set<string> | undefined;
  /** The first wildcard request is answered even with nothing (R34), and so is every first SotW request (R14). */
  owesAnswer: boolean;
  /** The one response that the client has neither accepted nor refused. */
  pending: Push | undefined;
  nonceSent: string;
  sequenceSent: number;
  sentAtMs: number;
  /** When the oldest change happened that is waiting here, and the oldest one in `pending`. */
  changedAtMs: number | undefined;
  pendingChangedAtMs: number | undefined;
  /** name → version that the client refused in a response of its own; never sent again as it is (R40). */
  refused: Map<string, string> | undefined;
  /** The version of a complete SotW response that the client refused. */
  refusedSet: string | undefined;
  /** Names of a refused response, to be sent again in smaller groups once, so that the good ones arrive (R40). */
  suspects: string[][] | undefined;
  /** Since when something here waits for another type (R43, R44). */
  heldSinceMs: number | undefined;
  nack: Nack | undefined;
}

export const newTypeState = (stream: AdsStream, type: XdsType, view: PublishedView): TypeState => ({
  stream,
  type,
  view,
  subscription: newSubscription(),
  confirmed: undefined,
  dirty: undefined,
  owesAnswer: false,
  pending: undefined,
  nonceSent: '',
  sequenceSent: 0,
  sentAtMs: 0,
  changedAtMs: undefined,
  pendingChangedAtMs: undefined,
  refused: undefined,
  refusedSet: undefined,
  suspects: undefined,
  heldSinceMs: undefined,
  nack: undefined,
});

/** What the client shall hold under a name that it covers: one outside the wildcard only if it has named it. */
export const intendedOf = ({ view, subscription }: TypeState, name: string): Resource | undefined =>
  view.outside.has(name) && !subscription.names.has(name) ? undefined : view.published.get(name);

/** All names under which the client shall hold something, if it asks for everything. */
export function* wildcardNames(state: TypeState): Iterable<string> {
  for (const name of state.view.published.keys()) if (intendedOf(state, name)) yield name;
}

export const holdingOf = (state: TypeState, name: string): Holding =>
  state.confirmed?.has(name) ? state.confirmed.get(name) : intendedOf(state, name);

/** Whether the client needs no word about the name. */
export const isLevel = (state: TypeState, name: string): boolean => {
  if (!state.confirmed?.has(name)) return true;
  return sameVersion(state.confirmed.get(name), intendedOf(state, name));
};

export const sameVersion = (a: Holding, b: Resource | undefined): boolean =>
  a === b || (typeof a === 'object' && b !== undefined && a.version === b.version);

export const isHolding = (holding: Holding): holding is Resource => typeof holding === 'object';

/** What the client shall hold under the name has changed; `before` is what it was. */
export function markChanged(state: TypeState, name: string, before: Resource | undefined, nowMs: number): void {
  state.confirmed ??= new Map();
  if (!state.confirmed.has(name)) state.confirmed.set(name, before);
  markDirty(state, name);
  state.changedAtMs ??= nowMs;
}

/** The client asks for the name: it must be told whatever it may hold (R26), also what it has refused before. */
export function markAsked(state: TypeState, name: string): void {
  if (state.refused?.delete(name) && state.refused.size === 0) state.refused = undefined;
  markForgotten(state, name);
}

/** The client must be told again, though it has not asked: it may have dropped what it held. */
export function markForgotten(state: TypeState, name: string): void {
  (state.confirmed ??= new Map()).set(name, UNKNOWN);
  markDirty(state, name);
}

function markDirty(state: TypeState, name: string): void {
  (state.dirty ??= new Set()).add(name);
}

export function clearDirty(state: TypeState, name: string): void {
  if (state.dirty?.delete(name) && state.dirty.size === 0) state.dirty = undefined;
  if (!state.dirty) state.changedAtMs = undefined;
}

/** The client holds this now. Kept only if something else has been published since. */
function confirm(state: TypeState, name: string, holding: Holding): void {
  const level = sameVersion(holding, intendedOf(state, name));
  if (!level && covers(state.subscription, name)) (state.confirmed ??= new Map()).set(name, holding);
  else forgetConfirmed(state, name);
}

function forgetConfirmed(state: TypeState, name: string): void {
  if (state.confirmed?.delete(name) && state.confirmed.size === 0) state.confirmed = undefined;
}

/** The name is not subscribed any more: nothing about it is kept. */
export function forget(state: TypeState, name: string): void {
  clearDirty(state, name);
  forgetConfirmed(state, name);
  state.refused?.delete(name);
}

export function recordSent(state: TypeState, push: Push, nowMs: number): void {
  state.pending = push;
  state.nonceSent = push.nonce;
  state.sequenceSent = push.sequence;
  state.sentAtMs = nowMs;
  state.owesAnswer = false;
  state.pendingChangedAtMs = state.changedAtMs;
  state.changedAtMs = state.dirty ? state.changedAtMs : undefined;
}

/** The client has accepted the pending response. Returns the milliseconds since the oldest change in it. */
export function recordAck(state: TypeState, nowMs: number): number | undefined {
  const push = state.pending;
  if (!push) return undefined;
  state.pending = undefined;
  state.refusedSet = undefined;
  for (const { name, resource } of push.items) {
    // Asked for again since this was sent: only what is sent from now on is an answer.
    if (!(state.dirty?.has(name) && state.confirmed?.get(name) === UNKNOWN)) confirm(state, name, resource);
    if (state.refused?.delete(name) && state.refused.size === 0) state.refused = undefined;
  }
  const since = state.pendingChangedAtMs;
  state.pendingChangedAtMs = undefined;
  return since === undefined ? undefined : nowMs - since;
}

/** Up to this many suspects are sent one by one at once; more are halved until few are left. */
const SINGLES_MAX = 16;

/**
 * The client has refused the pending response: it holds what it held, the names of a response of several are suspects.
 * A complete SotW response cannot be split; it waits for other content.
 */
export function recordNack(state: TypeState, error: ErrorDetail, complete: boolean, timeMs: number): void {
  const push = state.pending;
  if (!push) return;
  state.pending = undefined;
  state.pendingChangedAtMs = undefined;
  const names = push.items.map(({ name }) => name);
  state.nack = nackOf(error, push.nonce, names, timeMs);
  if (complete) state.refusedSet = push.version;
  else if (push.items.length === 1) recordRefused(state, push.items[0] as Item);
  else if (names.length > 0) (state.suspects ??= []).unshift(...groupsOf(names));
}

function recordRefused(state: TypeState, { name, resource }: Item): void {
  if (covers(state.subscription, name)) (state.refused ??= new Map()).set(name, resource?.version ?? '');
}

function groupsOf(names: readonly string[]): string[][] {
  if (names.length <= SINGLES_MAX) return names.map((name) => [name]);
  const half = Math.ceil(names.length / 2);
  return [names.slice(0, half), names.slice(half)];
}

/** The client has refused exactly what is published under the name now. */
export const isRefused = (state: TypeState, name: string): boolean =>
  state.refused !== undefined && state.refused.get(name) === (intendedOf(state, name)?.version ?? '');
