import type { NodeFacts, Resource, ResourceChange, ResourceSource, XdsType } from '@thuban/xds-snapshot';
import { markChanged, sameVersion, type TypeState } from './type-state.js';
import type { SubscriptionChange } from './subscription.js';

/**
 * The resources of a type that the nodes of one view are told about, and who has asked for which. `published` trails the
 * source while changes are collected (see `createHub`), so that what leaves in one turn fits together.
 */
export interface PublishedView {
  readonly type: XdsType;
  readonly key: string;
  /** Of the names that somebody here subscribes to. */
  readonly published: Map<string, Resource>;
  readonly byName: Map<string, Set<TypeState>>;
  readonly wildcard: Set<TypeState>;
  states: number;
}

/** The inverted index: type, view, name → the sub-streams that have asked. A change costs changed × subscribed. */
export interface PushIndex {
  viewOf(type: XdsType, node: NodeFacts): PublishedView;
  /** A state of this view was closed. */
  leave(state: TypeState): void;
  /** Enters and removes the state under the names of the change. */
  subscribed(state: TypeState, change: SubscriptionChange): void;
  /** Publishes what the source now has under the names and marks the subscribers. Returns how many were marked. */
  publish(change: ResourceChange, nowMs: number, touched: (state: TypeState) => void): number;
}

export function createPushIndex(source: ResourceSource): PushIndex {
  const views = new Map<string, PublishedView>();
  return {
    viewOf(type, node) {
      const key = source.viewOf(type, node);
      const id = `${type} ${key}`;
      let view = views.get(id);
      if (!view) {
        view = { type, key, published: new Map(), byName: new Map(), wildcard: new Set(), states: 0 };
        views.set(id, view);
        source.retain(type, key);
      }
      view.states++;
      return view;
    },
    leave(state) {
      const { view } = state;
      view.wildcard.delete(state);
      for (const name of state.subscription.names) removeByName(view, name, state);
      if (--view.states > 0) return;
      views.delete(`${view.type} ${view.key}`);
      source.release(view.type, view.key);
    },
    subscribed(state, { asked, dropped, wildcardBegan, wildcardEnded }) {
      const { view } = state;
      for (const name of asked) addByName(source, view, name, state);
      for (const name of dropped) removeByName(view, name, state);
      if (wildcardBegan) addWildcard(source, view, state);
      if (wildcardEnded) view.wildcard.delete(state);
    },
    publish({ type, view: key, names }, nowMs, touched) {
      const view = views.get(`${type} ${key}`);
      return view ? publishNames(source, view, names, nowMs, touched) : 0;
    },
  };
}

function publishNames(
  source: ResourceSource,
  view: PublishedView,
  names: readonly string[],
  nowMs: number,
  touched: (state: TypeState) => void,
): number {
  let marked = 0;
  for (const name of names) {
    const [before, after] = [view.published.get(name), source.get(view.type, view.key, name)];
    const named = view.byName.get(name);
    if (!named && view.wildcard.size === 0) view.published.delete(name);
    if ((!named && view.wildcard.size === 0) || sameVersion(before, after)) continue;
    if (after) view.published.set(name, after);
    else view.published.delete(name);
    for (const state of view.wildcard) {
      markChanged(state, name, before, nowMs);
      touched(state);
      marked++;
    }
    if (!named) continue;
    for (const state of named) {
      if (view.wildcard.has(state)) continue;
      markChanged(state, name, before, nowMs);
      touched(state);
      marked++;
    }
  }
  return marked;
}

function addByName(source: ResourceSource, view: PublishedView, name: string, state: TypeState): void {
  let states = view.byName.get(name);
  if (!states) {
    view.byName.set(name, (states = new Set()));
    if (view.wildcard.size === 0) publishSilently(source, view, name);
  }
  states.add(state);
}

function removeByName(view: PublishedView, name: string, state: TypeState): void {
  const states = view.byName.get(name);
  if (!states?.delete(state) || states.size > 0) return;
  view.byName.delete(name);
  if (view.wildcard.size === 0) view.published.delete(name);
}

/** Names that nobody followed are not kept, so the first who asks for all brings them in. */
function addWildcard(source: ResourceSource, view: PublishedView, state: TypeState): void {
  if (view.wildcard.size === 0)
    for (const name of source.names(view.type, view.key))
      if (!view.byName.has(name)) publishSilently(source, view, name);
  view.wildcard.add(state);
}

function publishSilently(source: ResourceSource, view: PublishedView, name: string): void {
  const resource = source.get(view.type, view.key, name);
  if (resource) view.published.set(name, resource);
  else view.published.delete(name);
}
