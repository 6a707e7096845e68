import type { Clock } from '@thuban/event-sourcing';
import type { AuditStore } from './audit-store.js';
import type { Intake } from './intake.js';
import type { Source, SourceLog } from './source.js';

export interface FollowRegistryOptions {
  readonly source: Source;
  readonly store: AuditStore;
  readonly intake: Intake;
  /** Names of the logs that are audited. */
  readonly logs: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told after each look, with the error when the registry could not be asked. */
  readonly onLooked: (logs: readonly SourceLog[] | undefined, error?: unknown) => void;
  readonly everyMs?: number;
}

const EVERY_MS = 2000;

/**
 * Looks at the tips of the registry's logs, and reads from there what Kafka has not brought since the look before: while Kafka is away nothing is
 * missed, only later. Never rejects; ends with the signal.
 */
export const followRegistry = async (options: FollowRegistryOptions): Promise<void> => {
  const { source, store, intake, logs, clock, signal, onLooked, everyMs = EVERY_MS } = options;
  let before = new Map<string, { readonly tip: number; readonly ours: number }>();
  const look = async (): Promise<void> => {
    const found = (await source.logs()).filter(({ name }) => logs.includes(name));
    onLooked(found);
    const now: typeof before = new Map();
    for (const log of found)
      for (const [shard, tip] of (log.tips ?? []).entries()) {
        const key = `${log.id}/${shard}`;
        const { seq: ours } = store.tip(log.id, shard);
        const last = before.get(key);
        // What was committed before the last look has had its time, unless the shard is being read just now.
        if (last && last.tip > ours && last.ours === ours) await intake.catchUp(log, shard, tip);
        now.set(key, { tip, ours });
      }
    before = now;
  };
  while (!signal.aborted) {
    await look().catch((error: unknown) => onLooked(undefined, error));
    await clock.after(everyMs, signal);
  }
};
