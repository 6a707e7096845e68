import type { IncomingRecord } from '@thuban/event-log-cluster';
import type { Attempt } from '@thuban/events';
import { z } from 'zod';
import type { KeptAttempt } from './kept.js';

const text = z.string().max(8192);
const AttemptBody = z.object({
  time: z.iso.datetime(),
  actor: text,
  requestId: text,
  action: text,
  subject: text.optional(),
  outcome: z.enum(['denied', 'refused', 'failed']),
  reason: text,
  message: text.optional(),
  traceparent: text.optional(),
});

const jsonOf = (value: Buffer | null): unknown => {
  try {
    return JSON.parse(value?.toString() ?? '');
  } catch {
    return undefined;
  }
};

/** The attempt in a record of `<prefix>.audit.v1`, or why there is none. Never throws. */
export const attemptOf = ({ headers, value }: IncomingRecord): KeptAttempt | { readonly why: string } => {
  const { ce_id: id, ce_type: type } = headers;
  if (!id || type !== 'dev.thuban.Attempt.v1') return { why: `ce_id ${id}, ce_type ${type}` };
  const parsed = AttemptBody.safeParse(jsonOf(value));
  return parsed.success ? { id, attempt: parsed.data as Attempt } : { why: z.prettifyError(parsed.error) };
};
