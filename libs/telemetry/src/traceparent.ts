/** Which span of which trace something was caused by: W3C Trace Context, level 1, without tracestate. */
export interface TraceContext {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero. */
  readonly spanId: string;
  /** Whoever began the trace records it. */
  readonly sampled: boolean;
}

// https://www.w3.org/TR/trace-context/#traceparent-header-field-values: version 00 ends after the flags, a later one may go on.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-.*$)/;
const LENGTH = 55;
const SAMPLED = 1;

/** Undefined for what is no traceparent. */
export const parseTraceparent = (text: string | undefined): TraceContext | undefined => {
  if (text === undefined || !TRACEPARENT.test(text)) return undefined;
  if (text.length > LENGTH && text.startsWith('00')) return undefined;
  const sampled = (parseInt(text.slice(53, LENGTH), 16) & SAMPLED) !== 0;
  return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), sampled };
};

/** @example traceparentOf({ traceId, spanId, sampled: true }) // '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' */
export const traceparentOf = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
