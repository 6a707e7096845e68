import type { Outcome, Place } from './registry-client.js';

/** What a checker knows of one instance. `unknown`: a command got no clear answer, so both are right. */
export type Known = 'present' | 'absent' | 'unknown';

/** Every command that was sent, and what its sender was told. */
export interface Ledger {
  /** Notes what became of a command. The commands to one instance come one after the other. */
  note(command: 'register' | 'deregister', place: Place, outcome: Outcome): Known;
  /** By service: `host:port` and what is known of it. */
  readonly known: ReadonlyMap<string, ReadonlyMap<string, Known>>;
  readonly counts: { acknowledged: number; refused: number; unknown: number };
  /** Milliseconds of the acknowledged ones. */
  readonly latencies: number[];
  /** Of the ones that were refused with a 5xx-class code. */
  readonly refusedAfter: number[];
}

const isAcknowledged = (code: number | undefined): boolean => code === 200000 || code === 200001;
const isServerError = (code: number | undefined): boolean => code !== undefined && code >= 500000;

/** Starts with nothing known. */
export const createLedger = (): Ledger => {
  const known = new Map<string, Map<string, Known>>();
  const ledger: Ledger = {
    known,
    counts: { acknowledged: 0, refused: 0, unknown: 0 },
    latencies: [],
    refusedAfter: [],
    note: (command, { service, host, port }, { code, tookMs, info }) => {
      let of = known.get(service);
      if (!of) known.set(service, (of = new Map()));
      const key = `${host}:${port}`;
      if (isAcknowledged(code)) {
        ledger.counts.acknowledged++;
        ledger.latencies.push(tookMs);
        // An earlier command without an answer may still be under way, and come after this one.
        if (of.get(key) !== 'unknown') of.set(key, command === 'register' ? 'present' : 'absent');
      } else if (code === undefined || isServerError(code)) {
        if (code === undefined) ledger.counts.unknown++;
        else {
          ledger.counts.refused++;
          ledger.refusedAfter.push(tookMs);
        }
        of.set(key, 'unknown');
      } else throw new Error(`${command} ${service} ${key} was answered ${code}: ${info}`);
      return of.get(key) as Known;
    },
  };
  return ledger;
};

/** @example percentile([1, 2, 3, 4], 0.5) // 3 */
export const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
