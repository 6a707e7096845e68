import type { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import type { Ledger } from './ledger.js';
import { COUNTER_HOST } from './mirror.js';

/** One change at a time, and how long it took to reach every stream. */
export interface Counter {
  /** Makes a change through one replica and waits until every mirror has it. @returns milliseconds since the acknowledgement. */
  next(via: number, withinMs: number): Promise<number>;
}

const SERVICE = 'counter';

/** The weight of one instance counts up: it tells changes apart, and shows if something older comes after something newer. */
export const createCounter = (cluster: Cluster, ledger: Ledger): Counter => {
  let weight = 0;
  return {
    next: async (via, withinMs) => {
      const place = { service: SERVICE, host: COUNTER_HOST, port: 1, weight: ++weight };
      const client = cluster.clients[via % cluster.clients.length]!;
      const outcome = await client.register(place);
      ledger.note('register', place, outcome);
      if (outcome.code !== 200000) throw new Error(`the change was not acknowledged: ${outcome.code} ${outcome.info}`);
      const startedMs = performance.now();
      await eventually(() => {
        for (const mirror of cluster.mirrors)
          expect(mirror.endpoints(SERVICE).get(`${COUNTER_HOST}:1`)).toBeGreaterThanOrEqual(weight);
      }, withinMs);
      return performance.now() - startedMs;
    },
  };
};
