import type { ReceivedSpan } from './otlp-spans.js';

/** A span that a trace must have. */
export interface ExpectedSpan {
  readonly name: string;
  /** The process that it must come from; absent: any. */
  readonly service?: string;
}

export interface ExpectedTrace {
  readonly traceId: string;
  /** The span of the client that the trace began with; absent: it began with one of ours. */
  readonly clientSpanId?: string;
  /** Every one of these, one or several times. */
  readonly spans: readonly ExpectedSpan[];
}

const shown = ({ service, name, spanId, parentSpanId }: ReceivedSpan): string =>
  `${service} "${name}" ${spanId}${parentSpanId === undefined ? '' : ` < ${parentSpanId}`}`;

/**
 * The spans of one trace: those that are in it, and those of a batch in another trace that link to it.
 * @throws Error unless all the expected ones are there, and each hangs, by its parent or a link, on another one or on the client's span, so
 *   that all of them are one tree.
 */
export const oneTrace = (
  all: readonly ReceivedSpan[],
  { traceId, clientSpanId, spans: expected }: ExpectedTrace,
): readonly ReceivedSpan[] => {
  const parentsOf = (span: ReceivedSpan): readonly string[] => [
    ...(span.traceId === traceId && span.parentSpanId !== undefined ? [span.parentSpanId] : []),
    ...span.links.filter((link) => link.traceId === traceId).map(({ spanId }) => spanId),
  ];
  const found = all.filter((span) => span.traceId === traceId || parentsOf(span).length > 0);
  const list = `the trace ${traceId} has:\n${found.map(shown).join('\n')}`;
  for (const { name, service } of expected)
    if (!found.some((span) => span.name === name && (service === undefined || span.service === service)))
      throw new Error(`no span "${name}"${service === undefined ? '' : ` of ${service}`}; ${list}`);

  const reached = new Set(clientSpanId === undefined ? [] : [clientSpanId]);
  const roots = found.filter((span) => parentsOf(span).length === 0);
  if (clientSpanId === undefined && roots[0]) reached.add(roots[0].spanId);
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    for (const span of found) if (parentsOf(span).some((id) => reached.has(id))) reached.add(span.spanId);
  }
  const apart = found.filter(({ spanId }) => !reached.has(spanId));
  if (apart.length > 0) throw new Error(`not connected: ${apart.map(shown).join(', ')}; ${list}`);
  return found;
};
