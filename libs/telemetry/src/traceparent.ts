/** Which span of which trace something was caused by: W3C Trace Context, level 1, without tracestate. */
export interface TraceContext {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero. */
  readonly spanId: string;
  /** Whoever began the trace records it. */
  readonly sampled: boolean;
}

// The name, the versions and the fields: https://www.w3.org/TR/trace-context/#traceparent-header-field-values
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** Undefined for what is no traceparent. One of a later version may go on after the fields that are known; one of version 00 may not. */
export const parseTraceparent = (text: string | undefined): TraceContext | undefined => {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & SAMPLED) !== 0 };
};

/** @example traceparentOf({ traceId, spanId, sampled: true }) // '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' */
export const traceparentOf = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
