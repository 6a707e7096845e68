/** What the client said about a response: nothing yet, something about an older one, accepted or refused. */
export type Verdict = 'FIRST' | 'STALE' | 'ACK' | 'NACK';

/** google.rpc.Status as far as a NACK uses it. */
export interface ErrorDetail {
  readonly code: number;
  readonly message: string;
}

/** A refusal by the client, kept for the status page: status, not history (R39). */
export interface Nack {
  /** Unix milliseconds. */
  readonly timeMs: number;
  readonly code: number;
  /** At most `NACK_MESSAGE_CHARS_MAX` characters of what the client said; not stable across its versions. */
  readonly message: string;
  readonly nonce: string;
  /** The first names of the refused response. */
  readonly names: readonly string[];
}

export const NACK_MESSAGE_CHARS_MAX = 4096;
export const NACK_NAMES_MAX = 100;

/**
 * Judges a request by its nonce and `error_detail` alone: a version says nothing about acceptance (R11).
 * `nonceSent` is the last nonce of this type on this stream, empty while nothing was sent: then even a request that
 * carries the nonce of another replica's response is a first one (R13).
 */
export const verdictOn = (
  request: { readonly responseNonce: string; readonly errorDetail?: ErrorDetail | undefined },
  nonceSent: string,
): Verdict => {
  if (request.responseNonce === '' || nonceSent === '') return 'FIRST';
  if (request.responseNonce !== nonceSent) return 'STALE';
  return request.errorDetail ? 'NACK' : 'ACK';
};

export const nackOf = (error: ErrorDetail, nonce: string, names: readonly string[], timeMs: number): Nack => ({
  timeMs,
  code: error.code,
  message: error.message.slice(0, NACK_MESSAGE_CHARS_MAX),
  nonce,
  names: names.slice(0, NACK_NAMES_MAX),
});
