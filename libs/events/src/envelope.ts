export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** A fact in the past tense. `data` is JSON and carries the whole new state of the thing, so that a fold needs no earlier event of its stream. */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}

/** Who caused an event and on which request. Written by the edge, never taken from what a client claims to be. */
export interface EventMeta {
  /** `sdk:<address>`, `http:<address>`, `system`. */
  readonly actor: string;
  readonly requestId: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string;
  /** Set on the first event that a command with an `Idempotency-Key` caused: a repeat of the command gets `answer` again. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string; readonly answer: Json };
}
