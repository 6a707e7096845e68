import { randomUUID } from 'node:crypto';
import { CommandRejected, createCommitter, type Decider, type EventLog } from '@thuban/event-sourcing';
import type { Part } from './part.js';

/** A command that writes a part to each of these shards. */
interface Command {
  readonly id: string;
  readonly shards: readonly number[];
}

const decider: Decider<Command, Part, true> = {
  decide: ({ id, shards }) =>
    shards.map((shard, part) => ({
      stream: `instance/default/load/${id}`,
      shard,
      event: { type: 'Part', data: { id, part, of: shards.length, padding: 'x'.repeat(150) } },
    })),
  evolve: () => [],
};

/** What became of the commands of one writer. */
export interface LoadResult {
  readonly ok: readonly string[];
  /** Refused because the store was away: in the log or not. */
  readonly unavailable: readonly string[];
  /** Given up after ten lost races. */
  readonly aborted: number;
  /** Of each acknowledged command, in milliseconds. */
  readonly latencies: readonly number[];
  /** The longest that a refusal took, in milliseconds. */
  readonly slowestRefusalMs: number;
  readonly commits: number;
  readonly conflicts: number;
}

/** Callers that send commands, each writing `parts` events (1 to 4 when absent), one after another until it is stopped. */
export interface LoadOptions {
  readonly log: EventLog;
  readonly run: string;
  readonly callers: number;
  readonly parts?: number;
}

/** @example const load = startLoad({ log, run: 'a', callers: 64 }); …; const { ok } = await load.stop(); */
export const startLoad = async ({ log, run, callers, parts }: LoadOptions) => {
  const committer = createCommitter<Command, Part, true>({
    log,
    decider,
    state: new Map(),
    folded: (await log.tips()).map(({ seq }) => seq),
    clock: { now: () => Date.now() },
    afterPoll: setImmediate,
    newCommitId: randomUUID,
  });
  const ok: string[] = [];
  const unavailable: string[] = [];
  const latencies: number[] = [];
  let aborted = 0;
  let slowestRefusalMs = 0;
  let sent = 0;
  let stopped = false;

  const call = async (): Promise<void> => {
    while (!stopped) {
      const nth = sent++;
      const id = `${run}-${nth}`;
      const shards = Array.from({ length: parts ?? 1 + (nth % 4) }, (_, part) => (nth * 5 + part * 3) % log.shards);
      const startMs = performance.now();
      try {
        await committer.handleCommand({ id, shards }, { meta: { actor: 'load', requestId: id } });
        ok.push(id);
        latencies.push(performance.now() - startMs);
      } catch (error) {
        if (!(error instanceof CommandRejected)) throw error;
        if (error.code === 'ABORTED') aborted++;
        else unavailable.push(id);
        slowestRefusalMs = Math.max(slowestRefusalMs, performance.now() - startMs);
        await new Promise((resolve) => setTimeout(resolve, 10)); // As a client would, not at once.
      }
    }
  };
  const calling = Promise.all(Array.from({ length: callers }, call));
  return {
    acknowledged: (): number => ok.length,
    refused: (): number => unavailable.length,
    stop: async (): Promise<LoadResult> => {
      stopped = true;
      await calling;
      const { commits, conflicts } = committer.stats();
      return { ok, unavailable, aborted, latencies, slowestRefusalMs, commits, conflicts };
    },
  };
};

/** @example percentile(latencies, 0.99) */
export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
