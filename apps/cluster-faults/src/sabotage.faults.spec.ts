import { setTimeout as pass } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { describeWithStack } from '@thuban/testing';
import { check } from './support/check.js';
import { startCluster } from './support/cluster.js';
import { createLedger } from './support/ledger.js';
import { startLoad } from './support/load.js';
import { race } from './support/race.js';

/**
 * The same check on processes with a bug: it must find it. The others are planted where they are seen for certain: gap-skipped and
 * auto-increment-cursor in event-log/cluster, checkpoint-outside-transaction in the specs of projections.
 */
describeWithStack(['mysql', 'kafka'], 'a bug that is planted in the processes is caught', () => {
  it.each([
    ['ack-before-commit', /INV-[126]:/],
    ['append-without-tip-check', /INV-6:/],
  ])(
    '%s',
    async (sabotage, complaint) => {
      const cluster = await startCluster({ sabotage, pushes: 1 });
      const ledger = createLedger();
      try {
        const attempt = async (): Promise<void> => {
          const loads = cluster.clients.map((client) => startLoad(client, ledger, 16));
          await race(cluster, ledger, 30);
          await pass(2_000);
          await Promise.all(cluster.named('registry').map((app) => app.kill()));
          await Promise.all(loads.map((load) => load.stop()));
          await Promise.all(cluster.named('registry').map((app) => app.start()));
          await check(cluster, ledger);
        };
        const found = await attempt().then(
          () => 'nothing',
          (error: unknown) => stripVTControlCharacters((error as Error).message),
        );
        process.stderr.write(`faults: ${sabotage} is caught by: ${found.slice(0, 600)}\n`);
        expect(found).toMatch(complaint);
      } finally {
        await cluster.stop();
      }
    },
    120_000,
  );
});
