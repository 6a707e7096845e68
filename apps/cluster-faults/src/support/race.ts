import type { Cluster } from './cluster.js';
import type { Ledger } from './ledger.js';
import type { Place } from './registry-client.js';

/** What the second of two deregistrations is told: there is no such instance any more. */
const GONE = 400202;

/** Every replica registers the same instance at the same time, then every one takes it away: only one of each may be an event. */
export const race = async ({ clients }: Cluster, ledger: Ledger, rounds: number): Promise<void> => {
  for (let n = 0; n < rounds; n++) {
    const place: Place = { service: 'race', host: '10.251.0.1', port: 1 + n };
    for (const outcome of await Promise.all(clients.map((client) => client.register(place))))
      ledger.note('register', place, outcome);
    for (const outcome of await Promise.all(clients.map((client) => client.deregister(place))))
      if (outcome.code !== GONE) ledger.note('deregister', place, outcome);
  }
};
