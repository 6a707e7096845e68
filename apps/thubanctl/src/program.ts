import { Command, CommanderError } from 'commander';
import { parseInteger } from './arguments.js';
import { auditCommand } from './commands/audit.js';
import { bootstrapCommand } from './commands/bootstrap.js';
import { DEFAULT_SERVER, examples } from './commands/context.js';
import { deregisterCommand } from './commands/deregister.js';
import { eventsCommand } from './commands/events.js';
import { getCommand } from './commands/get.js';
import { registerCommand } from './commands/register.js';
import { rulesCommand } from './commands/rules.js';
import { statusCommand } from './commands/status.js';
import { CtlError, EXIT } from './ctl-error.js';
import type { Io } from './io.js';

const VERSION = '0.1.0';

const EXIT_CODES = `
Exit codes:
  0 done   1 not found, or does not verify   2 usage   4 conflict   5 server unreachable   6 refused as invalid
`;

/** Sets what commander does not hand down to subcommands: it must never end the process itself. */
const settle = (command: Command, io: Io): void => {
  command.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err, outputError: (text) => io.err(text) });
  command.showHelpAfterError('(--help shows how it is used)');
  command.commands.forEach((child) => settle(child, io));
};

/** The whole command line. */
export const buildProgram = (io: Io): Command => {
  const program = new Command('thubanctl')
    .description('Talks to a Thuban control plane.')
    // Only `-V`: `--version` belongs to `register`, where it is the version of an instance.
    .version(VERSION, '-V', 'print the version')
    .option('--server <address>', `the HTTP API (default: THUBANCTL_SERVER, else ${DEFAULT_SERVER})`)
    .option('--timeout <seconds>', 'how long an answer may take (default: 10)', parseInteger(1, 3600))
    .addHelpText('after', EXIT_CODES)
    .addHelpText(
      'after',
      examples(
        'thubanctl register default/echo 127.0.0.1:8081',
        'thubanctl get instances',
        'thubanctl events --follow',
      ),
    );
  for (const make of [
    statusCommand,
    getCommand,
    registerCommand,
    deregisterCommand,
    rulesCommand,
    eventsCommand,
    auditCommand,
    bootstrapCommand,
  ])
    program.addCommand(make(io));
  settle(program, io);
  return program;
};

const exitCodeOf = (error: unknown, io: Io): number => {
  // Commander has already printed its own message; help and version end with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  if (!(error instanceof CtlError)) throw error;
  io.err(`thubanctl: ${error.message}\n`);
  return error.exitCode;
};

/** Runs one command line (without node and script) and answers its exit code. Bugs are thrown. */
export const run = async (args: readonly string[], io: Io): Promise<number> => {
  try {
    const only = args.length === 1 && args[0] === '--version' ? ['-V'] : args;
    await buildProgram(io).parseAsync([...only], { from: 'user' });
    return EXIT.OK;
  } catch (error) {
    return exitCodeOf(error, io);
  }
};
