import { Command, Option } from 'commander';
import type { Status } from '../api.js';
import { pathOf } from '../client.js';
import type { Io } from '../io.js';
import { asJson, asYaml } from '../output.js';
import { statusText } from '../status-text.js';
import { clientOf, examples } from './context.js';

interface StatusOptions {
  readonly output: 'text' | 'json' | 'yaml';
}

const textOf = (status: Status, output: StatusOptions['output'], server: string, colour: boolean): string => {
  switch (output) {
    case 'json':
      return asJson(status);
    case 'yaml':
      return asYaml(status);
    case 'text':
      return statusText(status, server, colour);
  }
};

/** `thubanctl status`: the server, its projections, and what each proxy was sent and has acknowledged. */
export const statusCommand = (io: Io): Command =>
  new Command('status')
    .description('Show the server, its projections and the xDS streams with intended and acknowledged versions.')
    .addOption(
      new Option('-o, --output <format>', 'json and yaml are stable').choices(['text', 'json', 'yaml']).default('text'),
    )
    .addHelpText('after', examples('thubanctl status', 'thubanctl status -o json'))
    .action(async (options: StatusOptions, command: Command) => {
      const client = clientOf(command, io);
      io.out(textOf(await client.get<Status>(pathOf('v1', 'status')), options.output, client.server, io.colour));
    });
