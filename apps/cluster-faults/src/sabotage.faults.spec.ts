import { setTimeout as pass } from 'node:timers/promises';
import { describeWithStack } from '@thuban/testing';
import { check } from './support/check.js';
import { startCluster } from './support/cluster.js';
import { createLedger } from './support/ledger.js';
import { startLoad } from './support/load.js';

/** The same check on processes with a bug: it must find it. Those of the log alone are planted in the specs of event-log/cluster. */
describeWithStack(['mysql', 'kafka'], 'a bug that is planted in the processes is caught', () => {
  it.each([
    ['ack-before-commit', /INV-1|INV-2|seq/],
    ['append-without-tip-check', /nobody registered|INV-1|INV-2|toEqual/],
    ['gap-skipped', /toEqual|toBeGreaterThan/],
  ])(
    '%s',
    async (sabotage, complaint) => {
      const cluster = await startCluster({ sabotage, pushes: 1 });
      const ledger = createLedger();
      try {
        const attempt = async (): Promise<void> => {
          const loads = cluster.clients.map((client) => startLoad(client, ledger, 16));
          await pass(3_000);
          await Promise.all(cluster.named('registry').map((app) => app.kill()));
          await Promise.all(loads.map((load) => load.stop()));
          await Promise.all(cluster.named('registry').map((app) => app.start()));
          await check(cluster, ledger);
        };
        await expect(attempt()).rejects.toThrow(complaint);
      } finally {
        await cluster.stop();
      }
    },
    120_000,
  );
});
