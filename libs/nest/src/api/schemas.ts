import { z } from 'zod';

/** Schemas that the OpenAPI document names as components. */
export const components = z.registry<{ id: string }>();

/** Makes a schema a component of the document. */
export const named = <T extends z.ZodType>(id: string, schema: T): T => {
  components.add(schema, { id });
  return schema;
};

/** A schema with what the document says of it beyond its shape. */
export const described = <T extends z.ZodType>(schema: T, meta: Readonly<Record<string, unknown>>): T =>
  schema.meta(meta) as T;

export const text = (maxLength: number, description: string) => described(z.string(), { maxLength, description });
export const integer = (maximum: number, description: string) =>
  described(z.number(), { type: 'integer', minimum: 0, maximum, description });

export const metadata = described(z.record(z.string(), z.string()), {
  maxProperties: 64,
  description: 'up to 64 pairs; keys up to 128 characters, values up to 4096',
});
export const time = described(z.string(), { format: 'date-time' });
export const count = described(z.number(), { type: 'integer', minimum: 0 });
export const seq = described(z.number(), {
  type: 'integer',
  minimum: 0,
  description: 'place in the shard of the event log',
});

/** A page of a list. */
export const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({
    items: z.array(item),
    next: z.string().meta({ description: 'cursor of the next page; absent on the last one' }).optional(),
  });

export const Event = named(
  'Event',
  z.strictObject({
    log: z.string(),
    shard: count,
    seq,
    stream: z.string().meta({ description: 'kind/part/part of the thing it is about' }),
    type: z.string(),
    at: time,
    data: z.looseObject({}).meta({ description: 'the whole new state of the thing' }),
    meta: z.looseObject({ actor: z.string(), requestId: z.string() }),
    commitId: z.string(),
    hash: z.string().meta({ description: 'SHA-256 chain over the events of the shard' }),
  }),
);
export const EventPage = named(
  'EventPage',
  z.strictObject({
    items: z.array(Event).meta({ description: 'in order within a shard; shards one after the other' }),
    next: z.string().meta({ description: 'cursor of the next page; absent when there is nothing more now' }).optional(),
    position: z.string().meta({ description: 'cursor after these events, to wait at with waitMs or to stream from' }),
  }),
);

export const Status = named(
  'Status',
  z.strictObject({
    version: z.string(),
    startedAt: time,
    uptimeSeconds: z.number(),
    logs: z.array(
      z.strictObject({
        name: z.string(),
        id: z.string(),
        shards: count,
        events: count.optional(),
        tips: z.array(count).optional(),
        unavailable: z.string().optional().meta({ description: 'why the log cannot be read now' }),
      }),
    ),
    projections: z.array(z.strictObject({ name: z.string(), lagEvents: count })),
    counts: z.record(z.string(), count).meta({ description: 'how many of what the process holds' }),
    sections: z
      .record(z.string(), z.unknown())
      .meta({ description: 'what other parts of the process say of themselves' }),
  }),
);

const fieldErrors = z.array(z.strictObject({ field: z.string(), message: z.string() }));
export const Problem = named(
  'Problem',
  z
    .strictObject({
      type: z.string(),
      title: z.string(),
      status: z.number().int(),
      detail: z.string(),
      instance: z.string(),
      code: z.string().meta({ description: 'stable, for programs' }),
      errors: fieldErrors.optional(),
    })
    .meta({ description: 'RFC 9457' }),
);
