import type { Io } from './io.js';

/** An Io that keeps what was written, for a caller that wants the text instead of a terminal. */
export interface CapturedIo extends Io {
  readonly outText: () => string;
  readonly errText: () => string;
  /** Stops the command as Ctrl-C would. */
  readonly stop: () => void;
}

/** @param env the environment the command sees; nothing of the real one leaks in. */
export const captureIo = (env: Io['env'] = {}): CapturedIo => {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  return {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    colour: false,
    env,
    signal: stop.signal,
    outText: () => out.join(''),
    errText: () => err.join(''),
    stop: () => stop.abort(),
  };
};
