/** What is known about a span. Names as in the semantic conventions of OpenTelemetry; ours begin with `thuban.`. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Which side of a call a span is: `server` answers one, `producer` and `consumer` are the ends of a topic. */
export type SpanKind = 'internal' | 'server' | 'producer' | 'consumer';

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** The traceparent that the span continues. Absent or malformed: it begins a trace. */
  readonly parent?: string | undefined;
  /** Traceparents of other traces that it belongs to; at most 128 are kept. */
  readonly links?: Iterable<string>;
  readonly attributes?: SpanAttributes;
}

/** A piece of work that is being recorded. */
export interface Span {
  /** What hangs on it carries this along. */
  readonly traceparent: string;
  /** To be called once; with an error the span says that it failed, and of what. */
  end(attributes?: SpanAttributes, error?: unknown): void;
}

/**
 * Records spans. There is none while telemetry is off: `tracer?.start(…)` then costs a test for undefined, and its arguments are not made.
 */
export interface Tracer {
  /** Undefined when this trace is not recorded. */
  start(name: string, options?: SpanOptions): Span | undefined;
}
