import type { ResourceChange, ResourceSource, XdsType } from '@thuban/xds-snapshot';
import { createPushIndex, type PushIndex } from './push-index.js';
import type { AdsStream } from './stream.js';

export interface ProtocolLimits {
  /** Names that one stream may subscribe to, of all types. */
  readonly namesMax: number;
  /** A name that a client asks for may be this long; those that exist are a third of it at most. */
  readonly nameCharsMax: number;
  /** How long a route may wait for its clusters, and a cluster for the routes that leave it. */
  readonly gateMsMax: number;
  /** Clusters, listeners and routes: after the leading edge, changes are collected until this long nothing changes … */
  readonly quietPeriodMs: number;
  /** … and at most this long. */
  readonly delayMsMax: number;
}

export const PROTOCOL_LIMITS: ProtocolLimits = {
  namesMax: 100_000,
  nameCharsMax: 1024,
  gateMsMax: 5000,
  quietPeriodMs: 20,
  delayMsMax: 1000,
};

/**
 * Where changes of the source meet the streams. Endpoints go on at once; of the other types the first change goes on at
 * once, with all that comes in the same turn, and what follows is collected until it is quiet.
 */
export interface Hub {
  readonly source: ResourceSource;
  readonly index: PushIndex;
  readonly limits: ProtocolLimits;
  /** The source has changed. Returns when `publishDue` has to be called, if it has. */
  changed(changes: readonly ResourceChange[], nowMs: number): number | undefined;
  /** Publishes what was collected, if it is time. Returns when to call again. */
  publishDue(nowMs: number): number | undefined;
  /** The leading edge is over: what changes from now on is collected. */
  endTurn(): void;
  /** Publishes of these names what is still being collected, because somebody has just asked for them. */
  catchUp(type: XdsType, view: string, names: readonly string[]): void;
}

/** `touched` hears of every stream that may have something to send after a change. */
export function createHub(source: ResourceSource, limits: ProtocolLimits, touched: (stream: AdsStream) => void): Hub {
  const index = createPushIndex(source);
  const waiting = new Map<string, { type: XdsType; view: string; names: Set<string> }>();
  let [turnOpen, sinceMs, lastMs] = [false, -Infinity, -Infinity];
  const publish = (change: ResourceChange, nowMs: number) =>
    index.publish(change, nowMs, (state) => touched(state.stream));
  const dueMs = () =>
    waiting.size === 0 ? undefined : Math.min(lastMs + limits.quietPeriodMs, sinceMs + limits.delayMsMax);

  const collect = ({ type, view, names }: ResourceChange) => {
    const id = `${type} ${view}`;
    const group = waiting.get(id) ?? { type, view, names: new Set<string>() };
    for (const name of names) group.names.add(name);
    waiting.set(id, group);
  };
  const configChanged = (change: ResourceChange, nowMs: number) => {
    if (!turnOpen && waiting.size === 0 && nowMs - lastMs >= limits.quietPeriodMs) [turnOpen, sinceMs] = [true, nowMs];
    lastMs = nowMs;
    if (turnOpen) publish(change, nowMs);
    else collect(change);
  };

  return {
    source,
    index,
    limits,
    changed(changes, nowMs) {
      for (const change of changes)
        if (change.type === 'EDS') publish(change, nowMs);
        else configChanged(change, nowMs);
      return dueMs();
    },
    publishDue(nowMs) {
      const due = dueMs();
      if (due === undefined || nowMs < due) return due;
      const groups = [...waiting.values()];
      waiting.clear();
      for (const { type, view, names } of groups) publish({ type, view, names: [...names] }, nowMs);
      [sinceMs, lastMs] = [nowMs, nowMs];
      return undefined;
    },
    endTurn() {
      turnOpen = false;
    },
    catchUp(type, view, names) {
      const group = waiting.size > 0 ? waiting.get(`${type} ${view}`) : undefined;
      const asked = group ? names.filter((name) => group.names.delete(name)) : [];
      if (asked.length > 0) publish({ type, view, names: asked }, lastMs);
    },
  };
}
