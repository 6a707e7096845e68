import { accessSync, constants, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';

/** Something the user can put right before the next start. The message is one sentence for a person; no stack is wanted. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  constructor(
    message: string,
    /** What the process should exit with. */
    readonly exitCode: number = 2,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
  ENOENT: 'it cannot be created there',
};

/**
 * Creates the directory when it is missing and checks that this process may write into it.
 * @returns its absolute path.
 * @throws StartupError naming the directory and the reason.
 */
export const ensureWritableDirectory = (path: string, what = 'data directory'): string => {
  const absolute = resolve(path);
  try {
    mkdirSync(absolute, { recursive: true, mode: 0o700 });
    accessSync(absolute, constants.W_OK | constants.X_OK);
    return absolute;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    throw new StartupError(`the ${what} ${absolute} cannot be used: ${REASONS[code] ?? String(cause)}`, 2, { cause });
  }
};
