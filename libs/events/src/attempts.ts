/** A command that changed nothing: it was denied, refused or failed. Published to `thuban.audit.v1`, as far as Kafka takes it; not part of any log. */
export interface Attempt {
  /** When it was answered: RFC 3339, UTC, milliseconds. */
  readonly time: string;
  /** `sdk:<address>`, `http:<address>`, `system`. */
  readonly actor: string;
  readonly requestId: string;
  /** The command, for instance `DeleteService`. */
  readonly action: string;
  /** What it was about, as a stream id, when that is known. */
  readonly subject?: string;
  readonly outcome: 'denied' | 'refused' | 'failed';
  /** The canonical code, for instance `PERMISSION_DENIED` or `UNAVAILABLE`. */
  readonly reason: string;
  /** One sentence, without secrets. */
  readonly message?: string;
  /** W3C trace context of the request. */
  readonly traceparent?: string;
}
