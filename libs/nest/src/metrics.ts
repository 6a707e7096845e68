import { collectDefaultMetrics, Counter, Gauge, type Metric, Registry, type MetricConfiguration } from 'prom-client';

/** One value, or several with their labels. Read when Prometheus scrapes, so that hot paths only count in plain numbers. */
export type Reading = number | Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;

/** A distribution counted elsewhere: `counts[i]` values were at most `bounds[i]`, and above the bound before; one more count for the rest. */
export interface Distribution {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** The series of a process. Names are complete (`thuban_xds_streams`), in base units, counters end in `_total`. */
export interface Metrics {
  readonly registry: Registry;
  /** A value that goes up and down. */
  gauge(name: string, help: string, read: () => Reading, labels?: readonly string[]): void;
  /** A count since the start of the process. */
  counter(name: string, help: string, read: () => Reading, labels?: readonly string[]): void;
  /** A histogram, read as a whole; bounds and sum in base units. */
  histogram(name: string, help: string, read: () => Distribution): void;
}

/** A reading with one label: the keys of `values`. */
export const labelled = (label: string, values: Readonly<Record<string, number>>): Reading =>
  Object.entries(values).map(([key, value]) => [{ [label]: key }, value] as const);

/** How many committed events a projection has not applied. */
export interface ProjectionLag {
  readonly name: string;
  readonly lagEvents: number;
}

/** The series that every process has: its release, and how far its projections are. */
export const registerProcessMetrics = (
  metrics: Metrics,
  { version, projections }: { readonly version: string; readonly projections: () => readonly ProjectionLag[] },
): void => {
  metrics.gauge('thuban_build_info', 'The release; always 1.', () => [[{ version }, 1]], ['version']);
  metrics.gauge(
    'thuban_projection_lag_events',
    'Committed events that a projection has not applied.',
    () => projections().map(({ name, lagEvents }) => [{ projection: name }, lagEvents] as const),
    ['projection'],
  );
};

const valuesOf = (reading: Reading) => (typeof reading === 'number' ? [[{}, reading] as const] : reading);

/** prom-client's own histogram observes one value at a time; this one hands over what was counted, in the form that a registry reads. */
const histogramOf = (name: string, help: string, read: () => Distribution): Metric => {
  const get = async () => {
    const { bounds, counts, sum } = read();
    let total = 0;
    const buckets = counts.map((count, i) => ({
      metricName: `${name}_bucket`,
      labels: { le: bounds[i] ?? '+Inf' },
      value: (total += count),
    }));
    const rest = [
      { metricName: `${name}_sum`, labels: {}, value: sum },
      { metricName: `${name}_count`, labels: {}, value: total },
    ];
    return { name, help, type: 'histogram', aggregator: 'sum', values: [...buckets, ...rest] };
  };
  return { name, get } as unknown as Metric;
};

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
    histogram: (name, help, read) => registry.registerMetric(histogramOf(name, help, read)),
  };
};
