import { apiSchemas } from '@thuban/nest';
import { z } from 'zod';

const { count, described, named, page, seq, time } = apiSchemas;

export const OUTCOMES = ['committed', 'denied', 'refused', 'failed'] as const;

export const AuditItem = named(
  'AuditItem',
  z.strictObject({
    outcome: z.enum(OUTCOMES).meta({ description: 'committed: an event of a log; anything else changed nothing' }),
    at: time,
    actor: z.string(),
    requestId: z.string(),
    traceparent: z.string().optional(),
    type: z.string().meta({ description: 'the type of the event, or the command that was attempted' }),
    stream: z.string().optional().meta({ description: 'what it is about, when that is known' }),
    log: z.string().optional(),
    shard: count.optional(),
    seq: seq.optional(),
    commitId: z.string().optional(),
    hash: z.string().optional(),
    data: z.looseObject({}).optional().meta({ description: 'of an event: the whole new state of the thing' }),
    reason: z.string().optional().meta({ description: 'of an attempt: the code it was answered with' }),
    message: z.string().optional(),
  }),
);
export const AuditPage = page(AuditItem);

const reasons = z.record(z.string(), count);

export const Verification = named(
  'Verification',
  z.strictObject({
    ok: z.boolean(),
    logs: z.array(
      z.strictObject({
        name: z.string(),
        id: z.string(),
        current: z.boolean().optional().meta({ description: 'whether the registry has this log now' }),
        events: count,
        behind: count.optional().meta({ description: 'events of the registry that are not kept yet' }),
        source: z.enum(['same', 'differs', 'unknown']).meta({
          description: "how the registry's log compares at the newest events that are kept",
        }),
      }),
    ),
    breaks: z.array(
      z.strictObject({
        log: z.string(),
        logId: z.string(),
        shard: count,
        seq,
        kind: z.enum(['broken', 'rewritten']),
        why: z.string(),
        foundAt: time,
      }),
    ),
    problems: z.array(z.string()).meta({ description: 'what is wrong now, one sentence each' }),
    counts: z.strictObject({ events: count, attempts: count, duplicates: count, poison: reasons }),
    poison: z
      .array(
        z.strictObject({
          topic: z.string(),
          partition: count,
          offset: count,
          reason: z.string(),
          why: z.string(),
          foundAt: time,
        }),
      )
      .meta({ description: 'the newest records that were not what they should be' }),
  }),
);

/** RFC 3339 in a query string, as Unix milliseconds. */
export const moment = (description: string) =>
  described(z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-01-31T08:00:00Z' }), {
    description,
  });
