import { Command, Option } from 'commander';
import type { InstanceItem, NamespaceItem, ServiceItem } from '../api.js';
import { collectPairs, parseServiceName } from '../arguments.js';
import type { ServiceName } from '../arguments.js';
import { pathOf } from '../client.js';
import type { Query } from '../client.js';
import { CtlError, EXIT } from '../ctl-error.js';
import type { Io } from '../io.js';
import { OUTPUTS, printRows } from '../output.js';
import type { Output, View } from '../output.js';
import { INSTANCE_VIEW, NAMESPACE_VIEW, SERVICE_VIEW } from '../views.js';
import { clientOf, examples } from './context.js';

interface GetOptions {
  readonly namespace?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly output: Output;
}

/** What `get` needs to know of a kind: where its list is and how it is shown. The server does the filtering. */
interface Kind<T, A> {
  readonly path: string;
  readonly query: (name: A | undefined, options: GetOptions) => Query;
  readonly view: View<T>;
}

const metadataQuery = (label: GetOptions['label']): Query => ({
  metadata: Object.entries(label ?? {}).map(([key, value]) => `${key}=${value}`),
});

/** Prints a list. A name that nothing has ends in `NOT_FOUND`; an empty list does not. */
const getAction =
  <T, A>(io: Io, kind: Kind<T, A>) =>
  async (name: A | undefined, options: GetOptions, command: Command): Promise<void> => {
    const query = { ...kind.query(name, options), ...metadataQuery(options.label) };
    const rows = await clientOf(command, io).list<T>(kind.path, query);
    if (name !== undefined && rows.length === 0) throw new CtlError(EXIT.NOT_FOUND, kind.view.empty);
    printRows(io, options.output, kind.view, rows);
  };

const outputOption = (): Option =>
  new Option('-o, --output <format>', 'json and yaml are stable, the tables are not').choices(OUTPUTS).default('table');

const withOptions = (command: Command): Command =>
  command
    .option('-l, --label <key=value>', 'only with this metadata; may be given many times', collectPairs)
    .addOption(outputOption());

const namespacesCommand = (io: Io): Command =>
  withOptions(new Command('namespaces').alias('ns').argument('[name]', 'only this one'))
    .description('List namespaces.')
    .addHelpText('after', examples('thubanctl get namespaces', 'thubanctl get namespaces default -o yaml'))
    .action(
      getAction<NamespaceItem, string>(io, {
        path: pathOf('v1', 'namespaces'),
        query: (name) => ({ name }),
        view: NAMESPACE_VIEW,
      }),
    );

const servicesCommand = (io: Io): Command =>
  withOptions(new Command('services').alias('svc').argument('[name]', 'only services of this name'))
    .description('List services.')
    .option('-n, --namespace <name>', 'only of this namespace')
    .addHelpText('after', examples('thubanctl get services', 'thubanctl get services echo -n default -o json'))
    .action(
      getAction<ServiceItem, string>(io, {
        path: pathOf('v1', 'services'),
        query: (name, { namespace }) => ({ name, namespace }),
        view: SERVICE_VIEW,
      }),
    );

const instancesCommand = (io: Io): Command =>
  withOptions(
    new Command('instances').alias('i').argument('[namespace/service]', 'only of this service', parseServiceName),
  )
    .description('List instances.')
    .option('-n, --namespace <name>', 'only of this namespace')
    .addHelpText(
      'after',
      examples(
        'thubanctl get instances',
        'thubanctl get instances default/echo -o wide',
        'thubanctl get instances -n default -l track=canary -o name',
      ),
    )
    .action(
      getAction<InstanceItem, ServiceName>(io, {
        path: pathOf('v1', 'instances'),
        query: (name, { namespace }) => ({ namespace: name?.namespace ?? namespace, service: name?.service }),
        view: INSTANCE_VIEW,
      }),
    );

/** `thubanctl get …`: lists of what is registered. */
export const getCommand = (io: Io): Command =>
  new Command('get')
    .description('List what is registered.')
    .addCommand(servicesCommand(io))
    .addCommand(instancesCommand(io))
    .addCommand(namespacesCommand(io));
