/** The canonical codes (google.rpc.Code) that a refusal may carry; each edge maps them once. */
export type RejectionCode =
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'RESOURCE_EXHAUSTED'
  | 'ABORTED'
  | 'UNAVAILABLE';

/**
 * A command that was refused: nothing was written.
 * @example throw new CommandRejected('NOT_FOUND', 'namespace "prod" does not exist', { field: 'namespace' })
 */
export class CommandRejected extends Error {
  override readonly name = 'CommandRejected';
  /** The field of the command that is at fault. */
  readonly field: string | undefined;
  /** A finer reason for edges that have more codes than these, for instance `SERVICE_HAS_INSTANCES`. */
  readonly reason: string | undefined;
  constructor(
    readonly code: RejectionCode,
    message: string,
    details: { readonly field?: string; readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.field = details.field;
    this.reason = details.reason;
  }
}
