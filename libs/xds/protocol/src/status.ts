import { PUSH_ORDER, type XdsType } from '@thuban/xds-snapshot';
import { versionOf, type Item } from './push.js';
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

/** Computed when asked for: costs the names of the subscription. */
export const statusOf = (stream: AdsStream, nowMs: number): readonly TypeStatus[] =>
  PUSH_ORDER.flatMap((type) => stream.states[type] ?? []).map((state) => typeStatusOf(state, nowMs));

function typeStatusOf(state: TypeState, nowMs: number): TypeStatus {
  const { subscription, view, pending } = state;
  const wildcard = subscription.wildcard !== 'none';
  const intended: Item[] = [];
  const acknowledged: Item[] = [];
  for (const name of namesOf(state)) {
    const resource = view.published.get(name);
    const holding = holdingOf(state, name);
    if (resource) intended.push({ name, resource });
    if (isHolding(holding)) acknowledged.push({ name, resource: holding });
  }
  return {
    type: state.type,
    wildcard,
    subscribed: wildcard ? view.published.size : subscription.names.size,
    intendedVersion: versionOf(intended),
    acknowledgedVersion: versionOf(acknowledged),
    waiting: state.dirty?.size ?? 0,
    unacknowledged: pending?.items.length ?? 0,
    unacknowledgedMs: pending && nowMs - state.sentAtMs,
    refused: [...(state.refused?.keys() ?? [])],
    nack: state.nack,
  };
}

function namesOf({ subscription, view, confirmed }: TypeState): ReadonlySet<string> {
  if (subscription.wildcard === 'none') return subscription.names;
  return new Set([...view.published.keys(), ...(confirmed?.keys() ?? [])]);
}
