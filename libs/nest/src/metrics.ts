import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, type MetricConfiguration } from 'prom-client';

/** One value, or several with their labels. Read when Prometheus scrapes, so that hot paths only count in plain numbers. */
export type Reading = number | Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;

/** The series of a process. Names are complete (`thuban_xds_streams`), in base units, counters end in `_total`. */
export interface Metrics {
  readonly registry: Registry;
  /** A value that goes up and down. */
  gauge(name: string, help: string, read: () => Reading, labels?: readonly string[]): void;
  /** A count since the start of the process. */
  counter(name: string, help: string, read: () => Reading, labels?: readonly string[]): void;
  /** For durations in seconds, observed as they happen. */
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
}

const valuesOf = (reading: Reading) => (typeof reading === 'number' ? [[{}, reading] as const] : reading);

/** An empty registry with the defaults of Node (event loop lag, heap, GC, file descriptors). */
export const createMetrics = (): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const common = (name: string, help: string, labels: readonly string[]): MetricConfiguration<string> => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  return {
    registry,
    gauge: (name, help, read, labels = []) => {
      const gauge: Gauge = new Gauge({
        ...common(name, help, labels),
        collect: () => {
          gauge.reset();
          for (const [names, value] of valuesOf(read())) gauge.set({ ...names }, value);
        },
      });
    },
    counter: (name, help, read, labels = []) => {
      const counter: Counter = new Counter({
        ...common(name, help, labels),
        collect: () => {
          counter.reset();
          for (const [names, value] of valuesOf(read())) counter.inc({ ...names }, value);
        },
      });
    },
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ ...common(name, help, labels), buckets: [...buckets] }),
  };
};
