import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { polaris } from '@thuban/proto';
import type { DiscoverAnswer, Outcome } from './answer-bytes.js';
import { CODE } from './codes.js';
import { decodeDiscoverRequest, type DiscoverAnswers, refusedRequest } from './discover-answers.js';

/** A google.rpc.Code number. */
const INVALID_ARGUMENT = 3;

/** A Discover call as grpc-js hands it over, its messages as bytes. */
export type DiscoverCall = Pick<
  ServerDuplexStream<Buffer, Buffer>,
  'on' | 'once' | 'emit' | 'write' | 'end' | 'pause' | 'resume'
>;

/** Told of what happens on a stream. */
export interface DiscoverObserver {
  /** `end` ends the stream with OK after what has been written; SDKs then open another one. */
  opened(end: () => void): void;
  /** With the same `end` as it opened with. */
  closed(end: () => void): void;
  answered(code: number, outcome: Outcome): void;
  /** A bug of ours, which the client saw as code 500000. */
  failed(error: unknown): void;
}

/**
 * Answers every request of a Discover stream with exactly one message, in the order of the requests, at once.
 * - Half-close ends the call with OK once everything is written: polaris-go leaves its streams so.
 * - When the client does not read, no further request is read until it does, so a slow client costs one answer.
 * - A question that we fail to answer gets 500000: SDKs keep what they have, whereas after a broken stream they take rules for empty.
 * - Bytes that are no request cannot be answered (an answer needs a service and a type): the call ends with INVALID_ARGUMENT.
 */
export const answerDiscoverStream = (
  call: DiscoverCall,
  answers: DiscoverAnswers,
  observer: DiscoverObserver,
): void => {
  let ended = false;

  const finish = (): void => {
    if (!ended) observer.closed(end);
    ended = true;
  };

  const end = (): void => {
    if (!ended) call.end();
    finish();
  };

  const endWith = (code: number, details: string): undefined => {
    finish();
    call.emit('error', Object.assign(new Error(details), { code, details }));
  };

  const decoded = (bytes: Buffer): polaris.DiscoverRequest | undefined => {
    try {
      return decodeDiscoverRequest(bytes);
    } catch (error) {
      return endWith(INVALID_ARGUMENT, `not a DiscoverRequest: ${String(error)}`);
    }
  };

  const answerTo = (request: polaris.DiscoverRequest): DiscoverAnswer => {
    try {
      return answers.answer(request);
    } catch (error) {
      observer.failed(error);
      return refusedRequest(request, { code: CODE.SERVER_ERROR, info: 'internal error' });
    }
  };

  observer.opened(end);
  call.on('data', (bytes: Buffer) => {
    const request = ended ? undefined : decoded(bytes);
    const answer = request && answerTo(request);
    if (!answer) return;
    observer.answered(answer.code, answer.outcome);
    if (call.write(answer.bytes)) return;
    call.pause();
    call.once('drain', () => call.resume());
  });
  call.on('end', end);
  // A client that went away is no failure of ours.
  call.on('error', finish);
  call.on('cancelled', finish);
};
