/** What the shell sees. `NOT_FOUND` also stands for "there was nothing of that name to change". */
export const EXIT = {
  OK: 0,
  NOT_FOUND: 1,
  NOT_VERIFIED: 1,
  USAGE: 2,
  CONFLICT: 4,
  UNREACHABLE: 5,
  INVALID: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An end of the command that the user can act on: one sentence for stderr and the exit code. */
export class CtlError extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CtlError';
  }
}

/** The user wrote something that cannot be meant. */
export const usageError = (message: string): CtlError => new CtlError(EXIT.USAGE, message);
