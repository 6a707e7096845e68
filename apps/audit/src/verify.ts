import { setImmediate as nextTurn } from 'node:timers/promises';
import { chainHash, GENESIS_HASH } from '@thuban/event-sourcing';
import type { AuditStore } from './audit-store.js';
import type { ChainBreak, KnownLog } from './kept.js';
import { SourceAway, type Source, type SourceLog } from './source.js';

/** What the registry says of the newest event that is kept of a shard: the same, another one, or nothing. */
export type Compared = 'same' | 'differs' | 'unknown';

/** One log, verified. */
export interface VerifiedLog {
  readonly name: string;
  readonly id: string;
  /** Whether it is the log that the registry has now; absent when the registry cannot be asked. */
  readonly current?: boolean;
  readonly events: number;
  /** Events of the registry's log that are not kept yet; absent when the registry cannot be asked. */
  readonly behind?: number;
  /** How the registry's log compares at the newest events that are kept. */
  readonly source: Compared;
}

/** What a verification found. */
export interface Verification {
  /** No break was ever found, the kept events are as they were, and so is the registry's log. */
  readonly ok: boolean;
  readonly logs: readonly VerifiedLog[];
  /** Breaks that were found while events came. */
  readonly breaks: readonly (ChainBreak & { readonly foundMs: number })[];
  /** What is wrong now with the kept events, or with the registry's log, one sentence each. */
  readonly problems: readonly string[];
  readonly counts: ReturnType<AuditStore['counts']>;
}

const SLICE = 1000;

/** Hashes every kept event of a shard again. @returns how many there are, and what is wrong. */
const rehash = async (store: AuditStore, log: KnownLog, shard: number, known: ReadonlySet<number>) => {
  const problems: string[] = [];
  let tip = { seq: 0, hash: GENESIS_HASH };
  for (;;) {
    const events = store.read(log.id, shard, tip.seq + 1, SLICE);
    for (const event of events) {
      const where = `log "${log.name}", shard ${shard}`;
      if (event.seq !== tip.seq + 1)
        problems.push(`${where}: events ${tip.seq + 1} to ${event.seq - 1} are gone from the kept events`);
      else if (chainHash(tip.hash, event) !== event.hash && !known.has(event.seq))
        problems.push(`${where}: the kept event ${event.seq} is not what it was`);
      tip = event;
    }
    if (events.length < SLICE) return { tip, problems: problems.slice(0, 10) };
    await nextTurn();
  }
};

const compareTip = async (
  source: Source,
  log: KnownLog,
  shard: number,
  tip: { seq: number; hash: string },
): Promise<Compared> => {
  if (tip.seq === 0) return 'same';
  const { logId, events } = await source.read(log.name, shard, tip.seq, 1);
  if (logId !== log.id) return 'unknown';
  return events[0]?.hash === tip.hash ? 'same' : 'differs';
};

const currentLogs = async (source: Source): Promise<readonly SourceLog[] | undefined> => {
  try {
    return await source.logs();
  } catch (error) {
    if (error instanceof SourceAway) return undefined;
    throw error;
  }
};

/** Compares and says "unknown" once the registry has gone. */
const comparing = (source: Source, reachable: boolean) => {
  let asks = reachable;
  return async (log: KnownLog, shard: number, tip: { seq: number; hash: string }): Promise<Compared> => {
    if (!asks) return 'unknown';
    try {
      return await compareTip(source, log, shard, tip);
    } catch (error) {
      if (!(error instanceof SourceAway)) throw error;
      asks = false;
      return 'unknown';
    }
  };
};

const worse = (a: Compared, b: Compared): Compared => (a === 'differs' || b === 'same' ? a : b);

/**
 * Hashes all that is kept again, and asks the registry for the newest event of each shard: a history that was rewritten and hashed anew from some
 * event on has other hashes from there on. The registry may be away; then only what is kept is verified.
 */
export const verify = async (store: AuditStore, source: Source): Promise<Verification> => {
  const breaks = store.breaks();
  const now = await currentLogs(source);
  const problems: string[] = [];
  const logs: VerifiedLog[] = [];
  for (const log of store.logs()) {
    const current = now?.find(({ id }) => id === log.id);
    const compare = comparing(source, current !== undefined);
    let [events, behind, compared]: [number, number, Compared] = [0, 0, 'same'];
    for (let shard = 0; shard < log.shards; shard++) {
      const known = new Set(
        breaks.filter((each) => each.logId === log.id && each.shard === shard).map(({ seq }) => seq),
      );
      const { tip, problems: found } = await rehash(store, log, shard, known);
      problems.push(...found);
      const ofSource = await compare(log, shard, tip);
      if (ofSource === 'differs')
        problems.push(`log "${log.name}", shard ${shard}: the registry has another event ${tip.seq} now, or none`);
      events += tip.seq;
      behind += Math.max(0, (current?.tips?.[shard] ?? tip.seq) - tip.seq);
      compared = worse(compared, ofSource);
    }
    logs.push({
      name: log.name,
      id: log.id,
      ...(now && { current: current !== undefined }),
      events,
      ...(current?.tips && { behind }),
      source: compared,
    });
  }
  const ok = breaks.length === 0 && problems.length === 0;
  return { ok, logs, breaks, problems, counts: store.counts() };
};
