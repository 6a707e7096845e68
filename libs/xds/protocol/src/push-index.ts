import {
  SHARED_VIEW,
  type NodeFacts,
  type Resource,
  type ResourceChange,
  type ResourceSource,
  type XdsType,
} from '@thuban/xds-snapshot';
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
  /** Of these, the names that are not in the wildcard of the view: they are there for who has named them. */
  readonly outside: Set<string>;
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
  // Views in which clusters are asked for by name: what is outside their wildcards is told under the shared view, which
  // is in use only as long as there is one of them.
  const naming = new Set<PublishedView>();
  const noteNaming = (view: PublishedView) => {
    if (view.type !== 'CDS' || naming.has(view) === view.byName.size > 0) return;
    if (view.byName.size > 0) {
      if (naming.size === 0) source.retain('CDS', SHARED_VIEW);
      naming.add(view);
    } else {
      naming.delete(view);
      if (naming.size === 0) source.release('CDS', SHARED_VIEW);
    }
  };
  return {
    viewOf(type, node) {
      const key = source.viewOf(type, node);
      const id = `${type} ${key}`;
      let view = views.get(id);
      if (!view) {
        view = {
          type,
          key,
          published: new Map(),
          outside: new Set(),
          byName: new Map(),
          wildcard: new Set(),
          states: 0,
        };
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
      noteNaming(view);
      if (--view.states > 0) return;
      views.delete(`${view.type} ${view.key}`);
      source.release(view.type, view.key);
    },
    subscribed(state, { asked, dropped, wildcardBegan, wildcardEnded }) {
      const { view } = state;
      for (const name of asked) addByName(source, view, name, state);
      for (const name of dropped) removeByName(view, name, state);
      noteNaming(view);
      if (wildcardBegan) addWildcard(source, view, state);
      if (wildcardEnded) view.wildcard.delete(state);
    },
    publish({ type, view: key, names }, nowMs, touched) {
      const view = views.get(`${type} ${key}`);
      let marked = view ? publishNames(source, view, names, nowMs, touched) : 0;
      if (type !== 'CDS' || key !== SHARED_VIEW) return marked;
      for (const other of naming)
        if (other !== view)
          marked += publishNames(
            source,
            other,
            names.filter((name) => other.byName.has(name)),
            nowMs,
            touched,
          );
      return marked;
    },
  };
}

function publishNames(
  source: ResourceSource,
  view: PublishedView,
  names: Iterable<string>,
  nowMs: number,
  touched: (state: TypeState) => void,
): number {
  let marked = 0;
  const mark = (state: TypeState, name: string, before: Resource | undefined) => {
    markChanged(state, name, before, nowMs);
    touched(state);
    marked++;
  };
  for (const name of names) {
    const named = view.byName.get(name);
    if (!named && view.wildcard.size === 0) {
      view.published.delete(name); // and the source is not asked, which would encode what nobody wants
      continue;
    }
    const [before, beforeInWildcard] = [view.published.get(name), inWildcard(view, name)];
    publishSilently(source, view, name);
    const [after, afterInWildcard] = [view.published.get(name), inWildcard(view, name)];
    if (!sameVersion(beforeInWildcard, afterInWildcard))
      for (const state of view.wildcard) if (!named?.has(state)) mark(state, name, beforeInWildcard);
    if (named && !sameVersion(before, after)) for (const state of named) mark(state, name, before);
  }
  return marked;
}

const inWildcard = ({ published, outside }: PublishedView, name: string): Resource | undefined =>
  outside.has(name) ? undefined : published.get(name);

function addByName(source: ResourceSource, view: PublishedView, name: string, state: TypeState): void {
  let states = view.byName.get(name);
  if (!states) {
    view.byName.set(name, (states = new Set()));
    if (view.wildcard.size === 0 || !source.covers(view.type, view.key, name)) publishSilently(source, view, name);
  }
  states.add(state);
}

function removeByName(view: PublishedView, name: string, state: TypeState): void {
  const states = view.byName.get(name);
  if (!states?.delete(state) || states.size > 0) return;
  view.byName.delete(name);
  if (view.wildcard.size === 0 || view.outside.has(name)) view.published.delete(name);
  view.outside.delete(name);
}

/** Names that nobody followed are not kept, so the first who asks for all brings them in. */
function addWildcard(source: ResourceSource, view: PublishedView, state: TypeState): void {
  const first = view.wildcard.size === 0;
  view.wildcard.add(state);
  if (!first) return;
  for (const name of source.names(view.type, view.key)) if (!view.byName.has(name)) publishSilently(source, view, name);
}

/** Takes over what the source has now, if somebody follows the name: by name, or because it is in the wildcard. */
function publishSilently(source: ResourceSource, view: PublishedView, name: string): void {
  const resource = source.get(view.type, view.key, name);
  const covered = resource !== undefined && source.covers(view.type, view.key, name);
  const isNamed = view.byName.has(name);
  if (resource && (isNamed || (covered && view.wildcard.size > 0))) view.published.set(name, resource);
  else view.published.delete(name);
  if (resource && isNamed && !covered) view.outside.add(name);
  else view.outside.delete(name);
}
