import { type Context, ROOT_CONTEXT, SpanKind as Kind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { Telemetry, TelemetryOptions } from './start-telemetry.js';
import { parseTraceparent, type TraceContext, traceparentOf } from './traceparent.js';
import type { SpanKind, Tracer } from './tracer.js';

export interface ExportOptions extends Omit<TelemetryOptions, 'endpoint'> {
  readonly url: string;
}

/** With more waiting, spans are dropped: a collector that is away must not take our memory. A span takes about 1 KB. */
const QUEUED_SPANS_MAX = 4096;
const SPANS_PER_EXPORT_MAX = 512;
const EXPORT_DELAY_MS = 1000;
const EXPORT_MS_MAX = 5_000;
const SHUTDOWN_MS_MAX = 1000;
const LINKS_MAX = 128;
const TEXT_MAX = 1024;

const KINDS: Readonly<Record<SpanKind, Kind>> = {
  internal: Kind.INTERNAL,
  server: Kind.SERVER,
  producer: Kind.PRODUCER,
  consumer: Kind.CONSUMER,
};

const spanContextOf = ({ traceId, spanId, sampled }: TraceContext) => ({
  traceId,
  spanId,
  traceFlags: sampled ? 1 : 0,
  isRemote: true,
});

const contextOf = (parent: TraceContext | undefined): Context =>
  parent ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent)) : ROOT_CONTEXT;

const linksOf = (traceparents: Iterable<string>) => {
  const links = [];
  for (const traceparent of traceparents) {
    const context = parseTraceparent(traceparent);
    if (context) links.push({ context: spanContextOf(context) });
    if (links.length === LINKS_MAX) break;
  }
  return links;
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The exporter, which tells when it stops and when it begins to get spans through. */
const telling = (exporter: SpanExporter, onProblem: TelemetryOptions['onProblem']): SpanExporter => {
  let failing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== 0;
        if (failed !== failing) onProblem?.(failed ? (result.error ?? new Error('the export failed')) : undefined);
        failing = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
};

/** Whether to record is decided before the recorder is asked, which takes a microsecond to say no. */
const tracerOf = (provider: BasicTracerProvider, version: string, sampleRatio: number): Tracer => {
  const recorder = provider.getTracer('thuban', version);
  return {
    start: (name, { kind = 'internal', parent, links, attributes } = {}) => {
      const continued = parseTraceparent(parent);
      if (continued ? !continued.sampled : Math.random() >= sampleRatio) return undefined;
      const recorded = recorder.startSpan(
        name,
        { kind: KINDS[kind], ...(attributes && { attributes }), ...(links && { links: linksOf(links) }) },
        contextOf(continued),
      );
      const { traceId, spanId } = recorded.spanContext();
      return {
        traceparent: traceparentOf({ traceId, spanId, sampled: true }),
        end: (more, error) => {
          if (more) recorded.setAttributes(more);
          if (error !== undefined) recorded.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
          recorded.end();
        },
      };
    },
  };
};

/** Records spans and sends them in batches, in the background. */
export const startExport = ({ service, version, url, sampleRatio = 1, onProblem }: ExportOptions): Telemetry => {
  const exporter = telling(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_MS_MAX }), onProblem);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
    sampler: new AlwaysOnSampler(),
    spanLimits: { linkCountLimit: LINKS_MAX, attributeValueLengthLimit: TEXT_MAX },
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        maxQueueSize: QUEUED_SPANS_MAX,
        maxExportBatchSize: SPANS_PER_EXPORT_MAX,
        scheduledDelayMillis: EXPORT_DELAY_MS,
        exportTimeoutMillis: EXPORT_MS_MAX,
      }),
    ],
  });
  return {
    tracer: tracerOf(provider, version, sampleRatio),
    shutdown: () =>
      new Promise((resolve) => {
        const late = setTimeout(resolve, SHUTDOWN_MS_MAX);
        const done = (): void => {
          clearTimeout(late);
          resolve();
        };
        provider.shutdown().then(done, done); // what could not be sent has been told of
      }),
  };
};
