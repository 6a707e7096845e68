import { PUSH_ORDER, type Resource, type XdsType } from '@thuban/xds-snapshot';
import { versionOf, type Item } from './push.js';
import type { PublishedView } from './push-index.js';
import type { AdsStream } from './stream.js';
import { holdingOf, isHolding, type TypeState } from './type-state.js';
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
  const { subscription, view, pending } = state;
  const wildcard = subscription.wildcard !== 'none';
  const intendedVersion = intendedVersionOf(state, versions);
  return {
    type: state.type,
    wildcard,
    subscribed: wildcard ? view.published.size : subscription.names.size,
    intendedVersion,
    acknowledgedVersion: state.confirmed ? acknowledgedVersionOf(state) : intendedVersion,
    waiting: state.dirty?.size ?? 0,
    unacknowledged: pending?.items.length ?? 0,
    unacknowledgedMs: pending && nowMs - state.sentAtMs,
    refused: [...(state.refused?.keys() ?? [])],
    nack: state.nack,
  };
}

function intendedVersionOf({ subscription, view }: TypeState, versions: ViewVersions): string {
  if (subscription.wildcard === 'none')
    return versionOf(present(subscription.names, (name) => view.published.get(name)));
  const known = versions.get(view) ?? versionOf(present(view.published.keys(), (name) => view.published.get(name)));
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

function namesOf({ subscription, view, confirmed }: TypeState): ReadonlySet<string> {
  if (subscription.wildcard === 'none') return subscription.names;
  return new Set([...view.published.keys(), ...(confirmed?.keys() ?? [])]);
}
