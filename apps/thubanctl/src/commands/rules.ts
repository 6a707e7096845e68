import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { RuleItem } from '../api.js';
import { parseServiceName } from '../arguments.js';
import type { ServiceName } from '../arguments.js';
import { pathOf } from '../client.js';
import { usageError } from '../ctl-error.js';
import type { Io } from '../io.js';
import { asJson, asYaml, OUTPUTS, printRows } from '../output.js';
import type { Output } from '../output.js';
import { rulePutsOf } from '../rule-file.js';
import { RULE_VIEW } from '../views.js';
import { clientOf, examples } from './context.js';

const RULES = ['v1', 'routing-rules'] as const;

interface ListOptions {
  readonly namespace?: string;
  readonly to?: ServiceName;
  readonly from?: ServiceName;
  readonly output: Output;
}

const listCommand = (io: Io): Command =>
  new Command('list')
    .alias('ls')
    .description('List routing rules in the order in which they are tried.')
    .option('-n, --namespace <name>', 'only those kept in this namespace')
    .option('--to <namespace/service>', 'only with this destination, as it is written', parseServiceName)
    .option('--from <namespace/service>', 'only with this source, as it is written', parseServiceName)
    .addOption(
      new Option('-o, --output <format>', 'json and yaml are stable, the tables are not')
        .choices(OUTPUTS)
        .default('table'),
    )
    .addHelpText('after', examples('thubanctl rules list', 'thubanctl rules list --to default/echo -o yaml'))
    .action(async ({ namespace, to, from, output }: ListOptions, command: Command) => {
      const query = {
        namespace,
        destinationNamespace: to?.namespace,
        destinationService: to?.service,
        sourceNamespace: from?.namespace,
        sourceService: from?.service,
      };
      printRows(io, output, RULE_VIEW, await clientOf(command, io).list<RuleItem>(pathOf(...RULES), query));
    });

interface ShowOptions {
  readonly output: 'yaml' | 'json';
}
const showOption = (): Option =>
  new Option('-o, --output <format>', 'yaml or json').choices(['yaml', 'json']).default('yaml');
const show = (io: Io, output: ShowOptions['output'], value: unknown): void =>
  io.out(output === 'json' ? asJson(value) : asYaml(value));

const getCommand = (io: Io): Command =>
  new Command('get')
    .description('Print a routing rule, in the form that `put` takes.')
    .argument('<id>', 'the rule')
    .addOption(showOption())
    .addHelpText('after', examples('thubanctl rules get canary > canary.yaml'))
    .action(async (id: string, { output }: ShowOptions, command: Command) =>
      show(io, output, await clientOf(command, io).get(pathOf(...RULES, id))),
    );

const effectiveCommand = (io: Io): Command =>
  new Command('effective')
    .description('Print what SDKs get for a service: its own routing and every rule about it, in order.')
    .argument('<namespace/service>', 'the service', parseServiceName)
    .addOption(showOption())
    .addHelpText('after', examples('thubanctl rules effective default/echo'))
    .action(async ({ namespace, service }: ServiceName, { output }: ShowOptions, command: Command) =>
      show(
        io,
        output,
        await clientOf(command, io).get(pathOf('v1', 'service-routings', namespace, service, 'effective')),
      ),
    );

const readText = (file: string): string => {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read: ${(error as Error).message}`);
  }
};

/** What a put answers, of a rule or of the routing of a service. */
interface PutAnswer {
  readonly id?: string;
  readonly namespace: string;
  readonly service?: string;
}

const putCommand = (io: Io): Command =>
  new Command('put')
    .description('Create or replace routing rules, and routings of services, from a file. Equal ones change nothing.')
    .requiredOption('-f, --file <file>', 'YAML or JSON, one or several; - is standard input')
    .addHelpText(
      'after',
      examples('thubanctl rules put -f canary.yaml', 'thubanctl rules get canary | thubanctl rules put -f -'),
    )
    .action(async ({ file }: { readonly file: string }, command: Command) => {
      const client = clientOf(command, io);
      for (const { method, path, body } of rulePutsOf(readText(file), file)) {
        const { id, namespace, service } = await client.send<PutAnswer>(method, path, body);
        io.out(`${id ?? `${namespace}/${service ?? ''}`}\n`);
      }
    });

const deleteCommand = (io: Io): Command =>
  new Command('delete')
    .description('Delete routing rules.')
    .argument('<id...>', 'the rules')
    .addHelpText('after', examples('thubanctl rules delete canary'))
    .action(async (ids: readonly string[], _options: object, command: Command) => {
      const client = clientOf(command, io);
      for (const id of ids) {
        await client.send('DELETE', pathOf(...RULES, id));
        io.out(`${id}\n`);
      }
    });

const switchCommand = (io: Io, name: 'enable' | 'disable'): Command =>
  new Command(name)
    .description(
      name === 'enable' ? 'Let routing rules decide again.' : 'Keep routing rules, but let them decide nothing.',
    )
    .argument('<id...>', 'the rules')
    .addHelpText('after', examples(`thubanctl rules ${name} canary`))
    .action(async (ids: readonly string[], _options: object, command: Command) => {
      const client = clientOf(command, io);
      for (const id of ids) {
        await client.send('PATCH', pathOf(...RULES, id), { enabled: name === 'enable' });
        io.out(`${id}\n`);
      }
    });

/** `thubanctl rules …`: routing rules. */
export const rulesCommand = (io: Io): Command => {
  const rules = new Command('rules').description('List, print, put, switch and delete routing rules.');
  for (const make of [listCommand, getCommand, putCommand, deleteCommand, effectiveCommand]) rules.addCommand(make(io));
  for (const name of ['enable', 'disable'] as const) rules.addCommand(switchCommand(io, name));
  return rules;
};
