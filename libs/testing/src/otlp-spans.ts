/** A span as a collector gets it. */
export interface ReceivedSpan {
  /** `service.name` of the process. */
  readonly service: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly traceId: string;
  readonly spanId: string;
  /** Absent: the span began its trace. */
  readonly parentSpanId?: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly startNs: bigint;
  readonly endNs: bigint;
  /** Why it failed, if it did. */
  readonly error?: string;
}

// The JSON form of opentelemetry/proto/trace/v1/trace.proto: ids in hex, 64-bit numbers as text.
interface Attribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly boolValue?: boolean;
    readonly intValue?: number | string;
    readonly doubleValue?: number;
  };
}
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly Attribute[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}
interface OtlpExport {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}

const KINDS = [undefined, 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const ERROR = 2;
const [TRACE_ID, SPAN_ID] = [/^(?!0{32})[0-9a-f]{32}$/, /^(?!0{16})[0-9a-f]{16}$/];

const matching = (pattern: RegExp, text: string): string => {
  if (!pattern.test(text)) throw new Error(`${JSON.stringify(text)} does not match ${pattern}`);
  return text;
};

const attributesOf = (attributes: readonly Attribute[] = []): Record<string, string | number | boolean> =>
  Object.fromEntries(
    attributes.map(({ key, value: { stringValue, boolValue, intValue, doubleValue } }) => {
      const number = intValue === undefined ? doubleValue : Number(intValue);
      const value = stringValue ?? boolValue ?? number;
      if (value === undefined) throw new Error(`the attribute ${key} has no value`);
      return [key, value];
    }),
  );

const spanOf = (service: string, span: OtlpSpan): ReceivedSpan => {
  const kind = KINDS[span.kind ?? 0];
  if (!kind) throw new Error(`span ${span.name} is of kind ${span.kind}`);
  const { parentSpanId, status } = span;
  return {
    service,
    name: span.name,
    kind,
    traceId: matching(TRACE_ID, span.traceId),
    spanId: matching(SPAN_ID, span.spanId),
    ...(parentSpanId && { parentSpanId: matching(SPAN_ID, parentSpanId) }),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({
      traceId: matching(TRACE_ID, traceId),
      spanId: matching(SPAN_ID, spanId),
    })),
    attributes: attributesOf(span.attributes),
    startNs: BigInt(span.startTimeUnixNano),
    endNs: BigInt(span.endTimeUnixNano),
    ...(status?.code === ERROR && { error: status.message ?? '' }),
  };
};

/** The spans of an ExportTraceServiceRequest in JSON. @throws Error for what is none. */
export const spansOf = (body: unknown): readonly ReceivedSpan[] =>
  ((body as OtlpExport).resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(attributesOf(resource?.attributes)['service.name'] ?? '');
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => spanOf(service, span)));
  });
