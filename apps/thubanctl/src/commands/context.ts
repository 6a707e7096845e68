import type { Command } from 'commander';
import { createClient } from '../client.js';
import type { Client } from '../client.js';
import { usageError } from '../ctl-error.js';
import type { Io } from '../io.js';

export const DEFAULT_SERVER = 'http://127.0.0.1:8090';
const DEFAULT_TIMEOUT_SECONDS = 10;

/** Options that every command takes. */
export interface GlobalOptions {
  readonly server?: string;
  readonly timeout?: number;
}

/** The address to talk to: the flag, else THUBANCTL_SERVER, else the default; `host:port` gets `http://` put before it. */
export const serverOf = ({ server }: GlobalOptions, env: Io['env']): string => {
  const text = server ?? (env['THUBANCTL_SERVER'] || DEFAULT_SERVER);
  const full = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw usageError(`'${text}' is no server address. Write it as http://host:port.`);
  return full.replace(/\/+$/, '');
};

/** How long an answer may take. */
export const timeoutMsOf = ({ timeout = DEFAULT_TIMEOUT_SECONDS }: GlobalOptions): number => timeout * 1000;

/** The client for the server that a command's options name. */
export const clientOf = (command: Command, io: Io): Client => {
  const options = command.optsWithGlobals<GlobalOptions>();
  return createClient({
    server: serverOf(options, io.env),
    timeoutMs: timeoutMsOf(options),
  });
};

/** Help text with examples, as every command ends. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
