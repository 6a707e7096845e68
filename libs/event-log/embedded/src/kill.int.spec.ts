import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import type { Checkpoint } from '@thuban/event-sourcing';
import { everythingIn, expectDenseAndChained } from '@thuban/testing';
import { commandsAfter, expectAcknowledged } from './fixtures/check-log.js';
import { compileWriter, runWriter } from './fixtures/run-writer.js';
import { openEmbeddedLog } from './embedded-store.js';

const SHARDS = 8;
const ROUNDS = 60;

describe('a writer killed at random moments', () => {
  const directory = mkdtempSync(join(tmpdir(), 'thuban-kill-'));
  const file = join(directory, 'data', 'log.db');
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it(`loses no acknowledged command and shows no half one in ${ROUNDS} rounds (INV-1, INV-3, INV-4)`, async () => {
    const program = compileWriter(directory);
    let checkpoint: Checkpoint | undefined;
    const counts = { ok: 0, unacknowledged: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const writer = runWriter(program, [file, `${SHARDS}`, `r${round}`]);
      // Some die while they open or recover the file, most while they write.
      if (round % 6 !== 5) await writer.until(() => writer.sent.size > 0);
      await pass(Math.random() * (round % 6 === 5 ? 200 : 60));
      await writer.kill();
      const log = await openEmbeddedLog({ file, name: 'crash', shards: SHARDS });
      const found = await commandsAfter(log, checkpoint);
      await log.close();
      checkpoint = found.checkpoint;
      expectAcknowledged(found.ids, writer);
      counts.ok += writer.ok.size;
      counts.unacknowledged += found.ids.size - writer.ok.size;
    }
    const log = await openEmbeddedLog({ file, name: 'crash', shards: SHARDS });
    expectDenseAndChained('crash', await everythingIn(log));
    await log.close();
    // Otherwise the kills came too early or too late to show anything.
    expect(counts.ok).toBeGreaterThan(ROUNDS);
    expect(counts.unacknowledged).toBeGreaterThan(0);
  }, 120_000);
});
