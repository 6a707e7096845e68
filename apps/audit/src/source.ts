import { z } from 'zod';
import type { KeptEvent, KnownLog } from './kept.js';

/** The registry's API did not answer, or not as it should: nothing is known. */
export class SourceAway extends Error {
  override readonly name = 'SourceAway';
}

/** A log as the registry has it now. */
export interface SourceLog extends KnownLog {
  /** The newest seq by shard; absent when the registry cannot read its log now. */
  readonly tips?: readonly number[] | undefined;
}

/** Where events are read that Kafka did not bring. Everything rejects with SourceAway. */
export interface Source {
  logs(): Promise<readonly SourceLog[]>;
  /** Up to 500 events of a shard from a seq on, with the id of the log that they are from. */
  read(
    log: string,
    shard: number,
    fromSeq: number,
    max?: number,
  ): Promise<{ readonly logId: string; readonly events: readonly KeptEvent[] }>;
}

const PAGE = 500;
const TIMEOUT_MS = 10_000;

const Status = z.object({
  logs: z.array(
    z.object({ name: z.string(), id: z.string(), shards: z.number(), tips: z.array(z.number()).optional() }),
  ),
});
const Page = z.object({
  items: z.array(
    z.object({
      log: z.string(),
      shard: z.number(),
      seq: z.number(),
      stream: z.string(),
      type: z.string(),
      at: z.string(),
      data: z.unknown(),
      meta: z.looseObject({ actor: z.string(), requestId: z.string() }),
      commitId: z.string(),
      hash: z.string(),
    }),
  ),
  position: z.string(),
});

/** The events of a registry's HTTP API, `GET /v1/events` and `GET /v1/status`. `url` is without a slash at its end. */
export const httpSource = (url: string): Source => {
  const get = async (path: string): Promise<unknown> => {
    try {
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      return await response.json();
    } catch (error) {
      const { message, cause } = error as Error & { readonly cause?: { readonly message?: string } };
      throw new SourceAway(`the registry at ${url} cannot be asked: ${cause?.message || message}`, { cause: error });
    }
  };
  const parsed = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw new SourceAway(`${url} does not answer as a Thuban registry: ${z.prettifyError(result.error)}`);
  };
  return {
    logs: async () => parsed(Status, await get('/v1/status')).logs,
    read: async (log, shard, fromSeq, max = PAGE) => {
      const query = new URLSearchParams({
        log,
        shard: String(shard),
        from: String(fromSeq),
        limit: String(Math.min(max, PAGE)),
      });
      const raw = await get(`/v1/events?${query}`);
      const { items, position } = parsed(Page, raw);
      // The body as the server wrote it: a parser that sorts or adds keys would change what the hash covers.
      const bodies = (raw as { readonly items: readonly { readonly data: unknown; readonly meta: unknown }[] }).items;
      const logId = position.slice(0, position.lastIndexOf(':'));
      const events = items.map(({ at, meta, data: _data, ...event }, i) => ({
        ...event,
        logId,
        timeMs: Date.parse(at),
        body: `{"data":${JSON.stringify(bodies[i]?.data)},"meta":${JSON.stringify(bodies[i]?.meta)}}`,
        actor: meta.actor,
        requestId: meta.requestId,
      }));
      return { logId, events };
    },
  };
};
