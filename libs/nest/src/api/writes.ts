import type { DomainEvent, EventMeta, Json } from '@thuban/events';
import type { CommandContext, Committer, Handled, Lookup, Recorded } from '@thuban/event-sourcing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { attemptOf, type OnRefused } from './attempt-of.js';
import { idempotencyOf, metaOf } from './caller.js';

/** The answer to a write; with an Idempotency-Key it is remembered as it is and given again. */
export interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly body?: Json;
}

/** A command and what is answered once it is durable. */
export interface Write<C, E extends DomainEvent, V> {
  readonly command: C;
  readonly answer: (events: readonly Recorded<E>[], state: Lookup<V>) => Answer;
  /**
   * Sends what has to be decided right before the command, in the same group. Not called for a repeat, which may write nothing.
   * Never rejects.
   */
  readonly before?: (meta: EventMeta) => Promise<void>;
}

/** Runs writes of HTTP requests. */
export interface Writes<C, E extends DomainEvent, V> {
  /** Resolves with the answer's body once the write is durable; status and Location are set on the reply. */
  run(write: Write<C, E, V>, request: FastifyRequest, reply: FastifyReply): Promise<Json | undefined>;
}

/** A view as the JSON that it is. */
export const asJson = (view: object): Json => view as unknown as Json;

/** Whoever wants to know of commands that changed nothing. */
export interface RefusedOptions<C> {
  readonly onRefused: OnRefused;
  /** The stream that a command is about. */
  readonly subjectOf: (command: C) => string;
}

/** Sends commands of HTTP requests to a committer, with their Idempotency-Key. */
export const createWrites = <C extends { readonly type: string }, E extends DomainEvent, V>(
  committer: Pick<Committer<C, E, V>, 'handleCommand' | 'remembers'>,
  refused?: RefusedOptions<C>,
): Writes<C, E, V> => {
  const keysUnderWay = new Set<string>();

  /**
   * A key that is known makes a write a repeat or a refusal, and neither may bring anything along. So does one that another write is using
   * just now; should that one fail, this write goes without.
   */
  const isFirstUse = (key: string | undefined): boolean =>
    key === undefined || !(keysUnderWay.has(key) || committer.remembers(key));

  const holding = async <T>(key: string | undefined, send: () => Promise<T>): Promise<T> => {
    if (key !== undefined) keysUnderWay.add(key);
    try {
      return await send();
    } finally {
      if (key !== undefined) keysUnderWay.delete(key);
    }
  };

  const answerTo = async ({ command, answer, before }: Write<C, E, V>, request: FastifyRequest): Promise<Answer> => {
    const idempotency = idempotencyOf(request);
    const meta = metaOf(request);
    const context: CommandContext<E, V> = {
      meta,
      answer: (events, after) => asJson(answer(events, after)),
      ...(idempotency && { idempotency }),
    };
    const send = (): Promise<Handled<E>> => committer.handleCommand(command, context);
    const sendFirst = async (): Promise<Handled<E>> => {
      const brought = before?.(meta);
      const handled = await send();
      await brought;
      return handled;
    };
    const key = idempotency?.key;
    const handled = isFirstUse(key) ? await holding(key, sendFirst) : await send();
    return handled.answer as unknown as Answer;
  };

  const tell = (command: C, request: FastifyRequest, error: unknown): void =>
    refused?.onRefused(attemptOf(command.type, refused.subjectOf(command), metaOf(request), error));

  return {
    run: async (write, request, reply) => {
      const { status, location, body } = await answerTo(write, request).catch((error: unknown) => {
        tell(write.command, request, error);
        throw error;
      });
      reply.status(status);
      if (location !== undefined) reply.header('location', location);
      return body;
    },
  };
};
