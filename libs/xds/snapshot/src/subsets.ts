import { createHash } from 'node:crypto';
import type { Instance, RouteDestination } from '@thuban/events';
import { labelsOf } from './endpoints.js';
import { accepts, type Comparison, read, type Read, readComparison, unreadable } from './string-match.js';

/** The instances of a service that have certain labels, in Envoy's words. */
export interface Subset {
  /** Equal labels have equal keys. */
  readonly key: string;
  /** What a route asks for under `envoy.lb`; its keys are the subset selector of the cluster. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Envoy compares labels by equality only. A subset that asks for more is computed: its endpoints carry its `metadata` besides their own
   * labels, so that instances come and go without a change of routes.
   */
  readonly computed: boolean;
  holds(instance: Instance): boolean;
}

const COMPUTED = 'thuban.dev/subset-';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const holding =
  (comparisons: ReadonlyMap<string, Comparison>) =>
  (instance: Instance): boolean => {
    const labels = new Map(labelsOf(instance));
    return [...comparisons].every(([key, comparison]) => {
      const value = labels.get(key);
      return value !== undefined && accepts(comparison, value);
    });
  };

/** The subset that a destination's labels mean; undefined: all instances. */
export const readSubset = (labels: RouteDestination['labels']): Read<Subset | undefined> => {
  const comparisons = new Map<string, Comparison>();
  for (const key of Object.keys(labels).sort(compare)) {
    const comparison = readComparison(labels[key]!);
    if (!comparison.ok) return unreadable(`label ${key} ${comparison.problem}`);
    if (comparison.value.type !== 'ANY' && key !== '*') comparisons.set(key, comparison.value);
  }
  if (comparisons.size === 0) return read(undefined);
  const key = JSON.stringify([...comparisons]);
  const holds = holding(comparisons);
  const exact = [...comparisons].flatMap(([label, comparison]) =>
    comparison.type === 'EXACT' ? [[label, comparison.value] as const] : [],
  );
  // A message object cannot hold a field of that name.
  if (exact.length === comparisons.size && !comparisons.has('__proto__'))
    return read({ key, metadata: Object.fromEntries(exact), computed: false, holds });
  const name = COMPUTED + createHash('sha256').update(key).digest('hex').slice(0, 12);
  return read({ key, metadata: { [name]: '1' }, computed: true, holds });
};
