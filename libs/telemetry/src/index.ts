export { BATCH_SPANS, observeBatches, observingBatches, startBatchSpan } from './observe-batches.js';
export type { BatchSpan, ObserveBatch, Traced } from './observe-batches.js';
export { startTelemetry, TelemetryRefused } from './start-telemetry.js';
export type { Telemetry, TelemetryOptions } from './start-telemetry.js';
export { parseTraceparent, traceparentOf } from './traceparent.js';
export type { TraceContext } from './traceparent.js';
export type { Span, SpanAttributes, SpanKind, SpanOptions, Tracer } from './tracer.js';
