import {
  BATCH_SPANS,
  observeBatches,
  observingBatches,
  startBatchSpan,
  type SpanAttributes,
  type Traced,
  type Tracer,
} from '@thuban/telemetry';
import type { ObservePush, SentChange } from './push-watch.js';

/** Follows events from their fold into the mesh to the streams. */
export interface ChangeTrace {
  /** `apply`, which folds events and tells the server of what they change, with a span around each batch; `log` is for its name. */
  folding<T extends Traced>(log: string, apply: (events: readonly T[]) => void): (events: readonly T[]) => void;
  /** For the server: a span from the change until it is written. */
  readonly observe: ObservePush | undefined;
}

const attributesOf = ({ streams, responses, bytes }: SentChange): SpanAttributes => ({
  'thuban.streams': streams,
  'thuban.bytes': bytes,
  ...Object.fromEntries(
    Object.entries(responses)
      .filter(([, count]) => count > 0)
      .map(([type, count]) => [`thuban.responses.${type.toLowerCase()}`, count]),
  ),
});

/**
 * What changes while events are folded is the work of those events.
 * @example const trace = traceChanges(tracer); // follow(…, trace.folding(log.name, resources.apply)); xdsServer({ observe: trace.observe })
 */
export const traceChanges = (tracer: Tracer | undefined): ChangeTrace => {
  if (!tracer) return { folding: (_log, apply) => apply, observe: undefined };
  let folded: readonly Traced[] = [];
  return {
    folding: (log, apply) =>
      observingBatches(observeBatches(tracer, BATCH_SPANS.fold(log, 'mesh')), (events) => {
        folded = events;
        try {
          apply(events);
        } finally {
          folded = [];
        }
      }),
    observe: () => {
      const span = startBatchSpan(tracer, { name: 'push xds' }, folded);
      return span && ((sent) => span.end(attributesOf(sent)));
    },
  };
};
