import type { Attempt, EventMeta } from '@thuban/events';
import type { AuditStore } from '../audit-store.js';
import type { Line } from '../search.js';
import type { Verification } from '../verify.js';

const time = (ms: number): string => new Date(ms).toISOString();

/** A line of the list as `/v1` shows it. */
export const lineView = ({ outcome, timeMs, type, stream, actor, requestId, body, ...place }: Line) => {
  const said = { outcome, at: time(timeMs), actor, requestId, type, ...(stream !== null && { stream }) };
  const parsed: unknown = JSON.parse(body);
  if (outcome !== 'committed') {
    const { traceparent, reason, message } = parsed as Attempt;
    return {
      ...said,
      ...(traceparent !== undefined && { traceparent }),
      reason,
      ...(message !== undefined && { message }),
    };
  }
  const { data, meta } = parsed as { readonly data: object; readonly meta: EventMeta };
  const { traceparent } = meta;
  const { log, shard, seq, commitId, hash } = place;
  return { ...said, ...(traceparent !== undefined && { traceparent }), log, shard, seq, commitId, hash, data };
};

/** A verification as `/v1` shows it, with the newest poison records. */
export const verificationView = ({ breaks, ...found }: Verification, poison: ReturnType<AuditStore['poison']>) => ({
  ...found,
  breaks: breaks.map(({ foundMs, ...each }) => ({ ...each, foundAt: time(foundMs) })),
  poison: poison.map(({ foundMs, ...each }) => ({ ...each, foundAt: time(foundMs) })),
});
