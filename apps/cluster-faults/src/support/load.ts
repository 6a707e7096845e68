import { setTimeout as pass } from 'node:timers/promises';
import type { Ledger } from './ledger.js';
import type { Place, RegistryClient } from './registry-client.js';

/** Callers that register and deregister until they are stopped. */
export interface Load {
  /** Resolves when the last command has its answer. */
  stop(): Promise<void>;
}

/** Services that all loads write, so that replicas meet on the same shards. */
export const SERVICES = Array.from({ length: 8 }, (_, n) => `faults-${n}`);

const AFTER_FAILURE_MS = 100;

let runs = 0;

/**
 * `callers` of one replica each write instances of their own in the common services: three of four are deregistered again.
 * An instance whose fate nobody knows is left alone from then on.
 */
export const startLoad = (client: RegistryClient, ledger: Ledger, callers: number): Load => {
  const run = ++runs;
  let stopped = false;
  const caller = async (nth: number): Promise<void> => {
    for (let n = 0; !stopped; n++) {
      const service = SERVICES[(nth + n) % SERVICES.length]!;
      const place: Place = { service, host: `10.${run}.${nth}.${n >> 14}`, port: 1 + (n & 16383) };
      if (ledger.note('register', place, await client.register(place)) !== 'present') {
        await pass(AFTER_FAILURE_MS); // as an SDK: not at full speed against a replica that is away
        continue;
      }
      if (n % 4 !== 0) ledger.note('deregister', place, await client.deregister(place));
    }
  };
  const ended = Promise.all(Array.from({ length: callers }, (_, nth) => caller(nth)));
  ended.catch(() => undefined); // told by stop
  return {
    stop: async () => {
      stopped = true;
      await ended;
    },
  };
};
