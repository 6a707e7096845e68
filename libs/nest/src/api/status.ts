import type { Clock, EventLog } from '@thuban/event-sourcing';
import type { ProjectionLag } from '../metrics.js';

export interface StatusOptions {
  readonly version: string;
  readonly logs: readonly EventLog[];
  readonly projections: () => readonly ProjectionLag[];
  /** How many of what the process holds. */
  readonly counts: () => Readonly<Record<string, number>>;
  /** What other parts of the process say of themselves, by name. */
  readonly statusSections: Readonly<Record<string, () => object>>;
  readonly clock: Clock;
}

/** A log that cannot be read says why: this page is asked most when something is wrong. */
const logStatus = async ({ name, id, shards, ...log }: EventLog) => {
  try {
    const tips = (await log.tips()).map(({ seq }) => seq);
    return { name, id, shards, events: tips.reduce((sum, seq) => sum + seq, 0), tips };
  } catch (error) {
    return { name, id, shards, unavailable: error instanceof Error ? error.message : String(error) };
  }
};

/** Makes the answer of `/v1/status`; the process counts as started now. */
export const createStatus = ({ version, logs, projections, counts, statusSections, clock }: StatusOptions) => {
  const startedAt = new Date(clock.now()).toISOString();
  const started = clock.monotonic();
  return async () => ({
    version,
    startedAt,
    uptimeSeconds: Math.round(clock.monotonic() - started) / 1000,
    logs: await Promise.all(logs.map(logStatus)),
    projections: projections(),
    counts: counts(),
    sections: Object.fromEntries(Object.entries(statusSections).map(([name, section]) => [name, section()])),
  });
};
