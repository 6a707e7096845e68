import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Checkpoint, Clock, EventLog } from '@thuban/event-sourcing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { checkpointAt, positionText, seqsOf } from './event-position.js';
import type { Followers } from './followers.js';
import { eventView } from './event-view.js';

const DRAIN_MAX_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;

/** Where a stream begins: at Last-Event-ID (a client that comes back), at `from`, or with what comes next. */
const checkpointFor = async (log: EventLog, request: FastifyRequest, from: string | undefined): Promise<Checkpoint> => {
  const last = request.headers['last-event-id'];
  const position = typeof last === 'string' && last !== '' ? last : from;
  if (position === undefined) return { logId: log.id, tips: await log.tips() };
  const seqs = position === 'start' ? new Array<number>(log.shards).fill(0) : seqsOf(log, position, 'from');
  return checkpointAt(log, seqs);
};

/** Server-sent events of logs (HTML standard, 9.2). Each takes a place; a reader that does not read for 10 s is ended. */
export const createEventStreams = (clock: Pick<Clock, 'after'>, followers: Followers, closing: AbortSignal) => {
  /** False when the reader is too slow. */
  const drained = async (response: ServerResponse, ended: AbortController): Promise<boolean> => {
    const stop = new AbortController();
    const late = clock.after(DRAIN_MAX_MS, stop.signal).then(() => false);
    const drain = once(response, 'drain', { signal: ended.signal }).then(
      () => true,
      () => false,
    );
    const inTime = await Promise.race([drain, late]);
    stop.abort();
    return inTime;
  };

  const keepAlive = async (response: ServerResponse, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await clock.after(KEEP_ALIVE_MS, signal);
      if (!signal.aborted) response.write(':\n\n');
    }
  };

  const follow = async (
    log: EventLog,
    from: Checkpoint,
    response: ServerResponse,
    ended: AbortController,
  ): Promise<void> => {
    const seqs = from.tips.map(({ seq }) => seq);
    response.write(`id: ${positionText(log, seqs)}\n\n`);
    for await (const batch of log.subscribe(from, ended.signal))
      for (const event of batch) {
        seqs[event.shard] = event.seq;
        const text = `id: ${positionText(log, seqs)}\ndata: ${JSON.stringify(eventView(log.name, event))}\n\n`;
        if (!response.write(text) && !(await drained(response, ended))) return void response.destroy();
      }
  };

  const start = (request: FastifyRequest, reply: FastifyReply): ServerResponse => {
    reply.hijack();
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close', // what ends is the connection, not only the answer
      'x-request-id': request.id,
    };
    reply.raw.writeHead(200, headers);
    return reply.raw;
  };

  const serve = async (
    log: EventLog,
    from: string | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> => {
    const checkpoint = await checkpointFor(log, request, from);
    const response = start(request, reply);
    const ended = new AbortController();
    const end = (): void => ended.abort();
    response.once('close', end);
    closing.addEventListener('abort', end, { once: true });
    if (closing.aborted) end();
    try {
      void keepAlive(response, ended.signal);
      await follow(log, checkpoint, response, ended);
    } finally {
      end();
      closing.removeEventListener('abort', end);
      response.end();
    }
  };

  return {
    /** Serves one stream until the client or the process ends it. @throws RequestRefused before anything is sent. */
    serve: async (...request: Parameters<typeof serve>): Promise<void> => {
      const leave = followers.enter();
      await serve(...request).finally(leave);
    },
  };
};

export type EventStreams = ReturnType<typeof createEventStreams>;
