import { PUSH_ORDER, type Resource, type XdsType } from '@thuban/xds-snapshot';
import { versionOf, type Item } from './push.js';
import type { PublishedView } from './push-index.js';
import type { AdsStream } from './stream.js';
import { holdingOf, intendedOf, isHolding, wildcardNames, type TypeState } from './type-state.js';
import type { Nack } from './verdict.js';

/** What one stream asks for of one type, what it should hold and what it has acknowledged. */
export interface TypeStatus {
  readonly type: XdsType;
  readonly wildcard: boolean;
  readonly subscribed: number;
  /** Hash of the names and versions that the client should hold, and that it has acknowledged. Equal: it is level. */
  readonly intendedVersion: string;
  readonly acknowledgedVersion: string;
  /** Names that wait to be sent. */
  readonly waiting: number;
  /** Names in the response that the client has not answered, and for how long. */
  readonly unacknowledged: number;
  readonly unacknowledgedMs: number | undefined;
  /** Names whose published content the client refuses. */
  readonly refused: readonly string[];
  readonly nack: Nack | undefined;
}

/** Versions of whole views, to be worked out once for many streams. Valid within one turn of the event loop. */
export type ViewVersions = Map<PublishedView, string>;

/** Computed when asked for: costs the names of a subscription, of a wildcard once for all streams that share `versions`. */
export const statusOf = (stream: AdsStream, nowMs: number, versions: ViewVersions = new Map()): readonly TypeStatus[] =>
  PUSH_ORDER.flatMap((type) => stream.states[type] ?? []).map((state) => typeStatusOf(state, nowMs, versions));

function typeStatusOf(state: TypeState, nowMs: number, versions: ViewVersions): TypeStatus {
  const { subscription, pending } = state;
  const wildcard = subscription.wildcard !== 'none';
  const intendedVersion = intendedVersionOf(state, versions);
  return {
    type: state.type,
    wildcard,
    subscribed: wildcard ? [...wildcardNames(state)].length : subscription.names.size,
    intendedVersion,
    acknowledgedVersion: state.confirmed ? acknowledgedVersionOf(state) : intendedVersion,
    waiting: state.dirty?.size ?? 0,
    unacknowledged: pending?.items.length ?? 0,
    unacknowledgedMs: pending && nowMs - state.sentAtMs,
    refused: [...(state.refused?.keys() ?? [])],
    nack: state.nack,
  };
}

function intendedVersionOf(state: TypeState, versions: ViewVersions): string {
  const { subscription, view } = state;
  const versionOfAll = (names: Iterable<string>) => versionOf(present(names, (name) => intendedOf(state, name)));
  if (subscription.wildcard === 'none') return versionOfAll(subscription.names);
  if (view.outside.size > 0) return versionOfAll(wildcardNames(state)); // what was named differs by stream
  const known = versions.get(view) ?? versionOfAll(view.published.keys());
  versions.set(view, known);
  return known;
}

const acknowledgedVersionOf = (state: TypeState): string =>
  versionOf(
    present(namesOf(state), (name) => {
      const holding = holdingOf(state, name);
      return isHolding(holding) ? holding : undefined;
    }),
  );

const present = (names: Iterable<string>, find: (name: string) => Resource | undefined): Item[] =>
  [...names].map((name) => ({ name, resource: find(name) })).filter(({ resource }) => resource);

function namesOf(state: TypeState): ReadonlySet<string> {
  const { subscription, confirmed } = state;
  if (subscription.wildcard === 'none') return subscription.names;
  return new Set([...wildcardNames(state), ...(confirmed?.keys() ?? [])]);
}
