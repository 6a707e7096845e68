import { Command, Option } from 'commander';
import type { EventItem } from '../api.js';
import { parseInteger } from '../arguments.js';
import { usageError } from '../ctl-error.js';
import { eventLine } from '../event-line.js';
import { followEvents, readEvents } from '../events.js';
import type { EventsWanted } from '../events.js';
import type { Io } from '../io.js';
import { clientOf, examples } from './context.js';

interface EventsOptions extends EventsWanted {
  readonly follow?: boolean;
  readonly output: 'text' | 'json';
}

const printer = (io: Io, output: EventsOptions['output']) => (event: EventItem) =>
  io.out(output === 'json' ? `${JSON.stringify(event)}\n` : `${eventLine(event, io.colour)}\n`);

/** `thubanctl events`: the newest events, those from a seq of a shard on, or what comes next. */
export const eventsCommand = (io: Io): Command =>
  new Command('events')
    .description('Show what happened, from the event log. Order is promised within a shard only.')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--log <name>', 'which log', 'registry')
    .option('--shard <n>', 'only of this shard', parseInteger(0, 1023))
    .option('--from <seq>', 'from this seq of the shard on', parseInteger(1, Number.MAX_SAFE_INTEGER))
    .option('--limit <n>', 'how many of the newest, without --from', parseInteger(0, 10_000), 20)
    .addOption(
      new Option('-o, --output <format>', 'json is one event a line').choices(['text', 'json']).default('text'),
    )
    .addHelpText(
      'after',
      examples(
        'thubanctl events --follow',
        'thubanctl events --limit 200 -o json',
        'thubanctl events --shard 7 --from 1 --follow',
      ),
    )
    .action(async ({ follow = false, output, ...wanted }: EventsOptions, command: Command) => {
      if (wanted.from !== undefined && wanted.shard === undefined)
        throw usageError('--from needs --shard: a seq is a place in one shard.');
      const client = clientOf(command, io);
      const print = printer(io, output);
      if (follow) return followEvents({ client, wanted, print, io });
      const events = await readEvents(client, wanted);
      events.forEach(print);
      if (events.length === 0) io.err('There are no such events.\n');
    });
