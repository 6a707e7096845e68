import type { Push } from '@thuban/xds-protocol';
import { PUSH_ORDER, type XdsType } from '@thuban/xds-snapshot';
import type { Connection } from './connection.js';

/** What was written to the streams of a change, or of several that came together. */
export interface SentChange {
  /** How many streams got something. */
  readonly streams: number;
  /** How many responses of each type. */
  readonly responses: Readonly<Record<XdsType, number>>;
  readonly bytes: number;
}

/** Told, while the resources change, that they do; what it returns is told what was written because of that. */
export type ObservePush = () => ((sent: SentChange) => void) | undefined;

/** Watches changes from the fold to the sockets, for an observer. */
export interface PushWatch {
  changed(): void;
  /** Somebody waits for what is written. */
  watching(): boolean;
  wrote(connection: Connection, push: Push): void;
  /** Every stream that a change touched has been served. `more`: a part of the changes has not been published yet. */
  served(more: boolean): void;
}

const noResponses = (): Record<XdsType, number> =>
  Object.fromEntries(PUSH_ORDER.map((type) => [type, 0])) as Record<XdsType, number>;

/** A change of which nothing was written yet is waited for while there is more to publish; with the first writes the watch is over. */
export const createPushWatch = (observe: ObservePush | undefined): PushWatch => {
  const streams = new Set<Connection>();
  let waiting: ((sent: SentChange) => void)[] = [];
  let responses = noResponses();
  let bytes = 0;
  return {
    changed: () => {
      const written = observe?.();
      if (written) waiting.push(written);
    },
    watching: () => waiting.length > 0,
    wrote: (connection, push) => {
      streams.add(connection);
      if (push.type) responses[push.type]++;
      bytes += push.bytes.length;
    },
    served: (more) => {
      if (waiting.length === 0 || (more && streams.size === 0)) return;
      const ended = waiting;
      const sent = { streams: streams.size, responses, bytes };
      [waiting, responses, bytes] = [[], noResponses(), 0];
      streams.clear();
      for (const written of ended) written(sent);
    },
  };
};
