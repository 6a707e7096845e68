/** Where a command reads and writes: data goes to `out`, everything else to `err`. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `out` may carry ANSI colours. */
  readonly colour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user wants to stop (Ctrl-C). */
  readonly signal: AbortSignal;
}

/** Colour is for a terminal only, and never when NO_COLOR is set to anything (https://no-color.org). */
export const wantsColour = (isTty: boolean, env: Io['env']): boolean =>
  isTty && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';

/** The Io of this process. A reader of stdout that went away (`| head`) ends the process quietly. */
export const processIo = (): Io => {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    colour: wantsColour(process.stdout.isTTY === true, process.env),
    env: process.env,
    signal: stop.signal,
  };
};
