import { PUSH_ORDER, type Resource } from '@thuban/xds-snapshot';
import { awaitEndpoints, endpointsSent, mustWait, waive } from './gate.js';
import { versionOf, type Item, type Push, type PushPress } from './push.js';
import type { AdsStream } from './stream.js';
import { covers } from './subscription.js';
import {
  clearDirty,
  holdingOf,
  intendedOf,
  isHolding,
  isLevel,
  isRefused,
  markForgotten,
  recordSent,
  sameVersion,
  wildcardNames,
  type TypeState,
} from './type-state.js';

/** A response of parts is cut here (R56): gRPC clients receive at most 4 MiB. */
export const RESPONSE_BYTES_TARGET = 1024 * 1024;

/**
 * The next response that may leave, in the order clusters, endpoints, listeners, routes (R42), or undefined: nothing to say
 * for now. A type with an unacknowledged response says nothing (R54). Sets `stream.wakeAtMs` while something is held back.
 */
export function takeResponse(stream: AdsStream, press: PushPress, nowMs: number): Push | undefined {
  stream.wakeAtMs = undefined;
  for (const type of PUSH_ORDER) {
    const state = stream.states[type];
    if (!state || state.pending || !hasWork(state)) continue;
    const push = isComplete(state) ? takeComplete(state, press, nowMs) : takePart(state, press, nowMs);
    if (!push) continue;
    sent(state, push, nowMs);
    return push;
  }
  return takeUnknown(stream, press);
}

const hasWork = (state: TypeState): boolean =>
  state.dirty !== undefined || state.owesAnswer || state.suspects !== undefined;

/** SotW clusters and listeners are sent whole, because absence deletes (R16). */
export const isComplete = ({ stream, type }: TypeState): boolean =>
  stream.mode === 'sotw' && (type === 'CDS' || type === 'LDS');

function takeUnknown(stream: AdsStream, press: PushPress): Push | undefined {
  const next = stream.unknown?.entries().next().value;
  if (!next) return undefined;
  stream.unknown?.delete(next[0]);
  if (stream.unknown?.size === 0) stream.unknown = undefined;
  return press.pressUnknown(next[0], [...next[1]]);
}

function takePart(state: TypeState, press: PushPress, nowMs: number): Push | undefined {
  const { stream } = state;
  for (;;) {
    const suspects = nextSuspects(state);
    const items = collect(state, suspects ?? state.dirty ?? [], nowMs);
    if (items.length > 0) return press.press(stream.mode, state.type, items, false, state.sequenceSent);
    if (!suspects) break; // a group of suspects that has settled by itself makes room for the next
  }
  // R34: an empty answer is an answer, but not while what belongs into it is only held back.
  if (!state.owesAnswer || state.dirty) return undefined;
  state.owesAnswer = false;
  return state.subscription.wildcard === 'none' && stream.mode === 'sotw'
    ? undefined
    : press.press(stream.mode, state.type, [], false, state.sequenceSent);
}

function nextSuspects(state: TypeState): string[] | undefined {
  const group = state.suspects?.shift();
  if (state.suspects?.length === 0) state.suspects = undefined;
  return group;
}

/** What of these names has to be said now. Names that need no word leave the dirty set, names that wait stay in it. */
function collect(state: TypeState, names: Iterable<string>, nowMs: number): Item[] {
  const items: Item[] = [];
  let [size, waits] = [0, false];
  for (const name of names) {
    const item = { name, resource: intendedOf(state, name) };
    if (isSettled(state, name)) {
      clearDirty(state, name);
      continue;
    }
    if (waitsStill(state, item, nowMs)) {
      (state.dirty ??= new Set()).add(name);
      waits = true;
      continue;
    }
    if (size > 0 && size + frameBytes(state, item) > RESPONSE_BYTES_TARGET) {
      (state.dirty ??= new Set()).add(name);
      continue;
    }
    size += frameBytes(state, item);
    items.push(item);
  }
  noteWaiting(state, waits, nowMs);
  for (const { name } of items) state.dirty?.delete(name);
  if (state.dirty?.size === 0) state.dirty = undefined;
  return items;
}

const frameBytes = ({ stream }: TypeState, { name, resource }: Item): number =>
  resource ? (stream.mode === 'delta' ? resource.deltaFrame : resource.sotwFrame).length : name.length;

/** Level with the client, refused as it is, or of no interest any more (R22). */
const isSettled = (state: TypeState, name: string): boolean =>
  isLevel(state, name) || isRefused(state, name) || isUnsubscribed(state, name);

/** A name that was unsubscribed beside a wildcard is still owed a word (R30), and the wildcard covers it. */
const isUnsubscribed = (state: TypeState, name: string): boolean => !covers(state.subscription, name);

function takeComplete(state: TypeState, press: PushPress, nowMs: number): Push | undefined {
  const { stream } = state;
  const late = isLate(state, nowMs);
  let [differs, waits] = [false, false];
  const kept = new Map<string, Resource | undefined>();
  for (const name of [...(state.dirty ?? [])]) {
    if (isLevel(state, name) || isUnsubscribed(state, name)) {
      clearDirty(state, name);
      continue;
    }
    const item = { name, resource: intendedOf(state, name) };
    if (waitsStill(state, item, nowMs, late)) {
      const holding = holdingOf(state, name);
      kept.set(name, isHolding(holding) ? holding : undefined);
      waits = true;
    } else differs = true;
  }
  noteWaiting(state, waits, nowMs);
  if (!differs && !(state.owesAnswer && !waits)) return undefined;
  const items = wholeSet(state, kept);
  if (state.refusedSet !== undefined && state.refusedSet === versionOf(items.filter(({ resource }) => resource))) {
    state.dirty = kept.size > 0 ? new Set(kept.keys()) : undefined;
    state.owesAnswer = false;
    return undefined;
  }
  state.dirty = kept.size > 0 ? new Set(kept.keys()) : undefined;
  return press.press(stream.mode, state.type, items, true, state.sequenceSent);
}

/** All that the client shall hold: what is published, what waits as it was, and the names that are gone. */
function wholeSet(state: TypeState, kept: ReadonlyMap<string, Resource | undefined>): Item[] {
  const { subscription } = state;
  const items: Item[] = [];
  const names = subscription.wildcard === 'none' ? subscription.names : wildcardNames(state);
  for (const name of names) {
    if (kept.has(name)) continue;
    const resource = intendedOf(state, name);
    if (resource) items.push({ name, resource });
  }
  for (const [name, resource] of kept) if (resource) items.push({ name, resource });
  for (const name of state.dirty ?? [])
    if (!kept.has(name) && !intendedOf(state, name)) items.push({ name, resource: undefined });
  return items;
}

/** Held back by another type, and not for too long yet. */
function waitsStill(state: TypeState, item: Item, nowMs: number, late = isLate(state, nowMs)): boolean {
  if (!mustWait(state.stream, state, item)) return false;
  if (!late) return true;
  if (item.resource) waive(state.stream, item.resource);
  return false;
}

const isLate = ({ heldSinceMs, stream }: TypeState, nowMs: number): boolean =>
  heldSinceMs !== undefined && nowMs >= heldSinceMs + stream.hub.limits.gateMsMax;

function noteWaiting(state: TypeState, waits: boolean, nowMs: number): void {
  const { stream } = state;
  if (!waits) {
    state.heldSinceMs = undefined;
    return;
  }
  state.heldSinceMs ??= nowMs;
  const dueMs = state.heldSinceMs + stream.hub.limits.gateMsMax;
  stream.wakeAtMs = Math.min(stream.wakeAtMs ?? dueMs, dueMs);
}

/** Books the response and what follows from it for other types. */
function sent(state: TypeState, push: Push, nowMs: number): void {
  const { stream, type } = state;
  if (type === 'CDS') for (const item of push.items) followWithEndpoints(stream, state, item);
  if (type === 'LDS') for (const item of push.items) followWithRoutes(stream, state, item);
  if (type === 'EDS') endpointsSent(stream, push);
  recordSent(state, push, nowMs);
}

/** R45: Envoy's warming of an added or changed cluster ends only with a new EDS response. */
function followWithEndpoints(stream: AdsStream, cds: TypeState, { name, resource }: Item): void {
  const holding = holdingOf(cds, name);
  if (!resource) stream.awaitingEndpoints?.delete(name);
  if (!resource || sameVersion(holding, resource)) return;
  const eds = stream.states.EDS;
  if (eds && covers(eds.subscription, name)) markForgotten(eds, name);
  if (!isHolding(holding)) awaitEndpoints(stream, name);
}

/** R45: a listener that starts to use a route table which the client has already is not helped by its old answer. */
function followWithRoutes(stream: AdsStream, lds: TypeState, { name, resource }: Item): void {
  const rds = stream.states.RDS;
  const holding = holdingOf(lds, name);
  if (!rds || !resource || sameVersion(holding, resource)) return;
  const before = isHolding(holding) ? holding.routes : [];
  for (const route of resource.routes)
    if (!before.includes(route) && covers(rds.subscription, route)) markForgotten(rds, route);
}
