import type { EventMeta } from '@thuban/events';
import { parseTraceparent } from './traceparent.js';
import type { Span, SpanAttributes, SpanKind, Tracer } from './tracer.js';

/** Something that says which trace caused it, as every event does. */
export interface Traced {
  readonly meta: Pick<EventMeta, 'traceparent'>;
}

/** Told of the events that a piece of work begins with; what it returns is told of the end, and of the error if there was one. */
export type ObserveBatch = (events: readonly Traced[]) => ((error?: unknown) => void) | undefined;

export interface BatchSpan {
  readonly name: string;
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
}

const ofLog = (log: string): SpanAttributes => ({ 'thuban.log': log });

/** The stations of an event's way, so that they are called the same in every process. */
export const BATCH_SPANS = {
  commit: (log: string): BatchSpan => ({ name: `commit ${log}`, attributes: ofLog(log) }),
  publish: (log: string): BatchSpan => ({
    name: `publish ${log}`,
    kind: 'producer',
    attributes: { ...ofLog(log), 'messaging.system': 'kafka' },
  }),
  receive: (log: string): BatchSpan => ({
    name: `receive ${log}`,
    kind: 'consumer',
    attributes: { ...ofLog(log), 'messaging.system': 'kafka' },
  }),
  /** Rows and checkpoint in one transaction. */
  project: (log: string, projection: string): BatchSpan => ({ name: `project ${projection}`, attributes: ofLog(log) }),
  fold: (log: string, into: string): BatchSpan => ({ name: `fold ${into}`, attributes: ofLog(log) }),
} as const;

/** The traceparents of events whose traces are recorded, each once. */
const recordedTraces = (events: readonly Traced[]): readonly string[] => {
  const found = new Set<string>();
  for (const { meta } of events) {
    const { traceparent } = meta;
    if (traceparent !== undefined && !found.has(traceparent) && parseTraceparent(traceparent)?.sampled)
      found.add(traceparent);
  }
  return [...found];
};

/**
 * One span for a batch of events: in the trace of the first event that has one, with links to those of all others, so that whoever looks
 * at any of them finds it. None when no event's trace is recorded.
 */
export const startBatchSpan = (
  tracer: Tracer,
  { name, kind = 'internal', attributes }: BatchSpan,
  events: readonly Traced[],
): Span | undefined => {
  const [parent, ...links] = recordedTraces(events);
  if (parent === undefined) return undefined;
  return tracer.start(name, {
    kind,
    parent,
    links,
    attributes: { ...attributes, 'thuban.events': events.length, 'thuban.traces': links.length + 1 },
  });
};

/** Records every batch as {@link startBatchSpan} does. Undefined while telemetry is off: then there is nothing to call. */
export const observeBatches = (tracer: Tracer | undefined, span: BatchSpan): ObserveBatch | undefined =>
  tracer &&
  ((events) => {
    const started = startBatchSpan(tracer, span, events);
    return started && ((error) => started.end(undefined, error));
  });

/** `apply` with a span around each batch; `apply` itself while telemetry is off. */
export const observingBatches = <T extends Traced>(
  observe: ObserveBatch | undefined,
  apply: (events: readonly T[]) => void,
): ((events: readonly T[]) => void) => {
  if (!observe) return apply;
  return (events) => {
    const ended = observe(events);
    try {
      apply(events);
      ended?.();
    } catch (error) {
      ended?.(error);
      throw error;
    }
  };
};
