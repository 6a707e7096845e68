import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { CommandRejected, createCommitter, type Decider } from '@thuban/event-sourcing';
import type { Part } from './part.js';
import { openEmbeddedLog } from '../embedded-store.js';

/**
 * The program that the crash tests kill: `node writer.js <file> <shards> <run>`. Sixteen callers send commands for ever, each writing
 * a part to one to four shards. It prints `ready`, and for each command `sent <id>` before and `ok <id>` or `no <id>` after.
 */
interface Command {
  readonly id: string;
  readonly shards: readonly number[];
}

const decider: Decider<Command, Part, true> = {
  decide: ({ id, shards }) =>
    shards.map((shard, part) => ({
      stream: `command/${id}`,
      shard,
      event: { type: 'Part', data: { id, part, of: shards.length, padding: 'x'.repeat(150) } },
    })),
  evolve: () => [],
};

const say = (text: string): void => void writeSync(1, `${text}\n`);

const main = async (file: string, shards: number, run: string): Promise<void> => {
  const log = await openEmbeddedLog({ file, name: 'crash', shards });
  const committer = createCommitter<Command, Part, true>({
    log,
    decider,
    state: new Map(),
    folded: (await log.tips()).map(({ seq }) => seq),
    clock: { now: () => Date.now() },
    afterPoll: setImmediate,
    newCommitId: randomUUID,
  });
  say('ready');
  let sent = 0;
  const call = async (): Promise<never> => {
    for (;;) {
      const nth = sent++;
      const id = `${run}-${nth}`;
      const spread = Array.from({ length: 1 + (nth % 4) }, (_, part) => (nth * 5 + part * 3) % shards);
      say(`sent ${id}`);
      try {
        await committer.handleCommand({ id, shards: spread }, { meta: { actor: 'crash', requestId: id } });
        say(`ok ${id}`);
      } catch (error) {
        if (!(error instanceof CommandRejected) || error.code !== 'UNAVAILABLE') throw error;
        say(`no ${id}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, call));
};

const [file = '', shards = '', run = ''] = process.argv.slice(2);
main(file, Number(shards), run).catch((error: unknown) => {
  say(`died ${String(error)}`);
  process.exitCode = 1;
});
