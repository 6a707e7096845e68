import { Command } from 'commander';
import type { Instance } from '@thuban/events';
import { hostPort, parseHostPort, parseServiceName } from '../arguments.js';
import type { HostPort, ServiceName } from '../arguments.js';
import { pathOf } from '../client.js';
import type { Client } from '../client.js';
import { CtlError, EXIT, usageError } from '../ctl-error.js';
import type { Io } from '../io.js';
import { clientOf, examples } from './context.js';

const instancesAt = (client: Client, { namespace, service }: ServiceName, at: HostPort): Promise<readonly Instance[]> =>
  client.list<Instance>(pathOf('v1', 'namespaces', namespace, 'services', service, 'instances'), { ...at });

const idsToRemove = async (
  client: Client,
  name: ServiceName,
  address: HostPort | undefined,
  id: string | undefined,
): Promise<readonly string[]> => {
  if (id !== undefined) return [id];
  if (address === undefined) throw usageError('Say which instance: host:port, or --id.');
  const found = await instancesAt(client, name, address);
  if (found.length === 0)
    throw new CtlError(EXIT.NOT_FOUND, `${name.namespace}/${name.service} has no instance at ${hostPort(address)}.`);
  return found.map((instance) => instance.id);
};

/** `thubanctl deregister`: takes an instance away by address or id; the ids that went are on stdout. */
export const deregisterCommand = (io: Io): Command =>
  new Command('deregister')
    .description('Take an instance away, by its address or its id.')
    .argument('<namespace/service>', 'the service', parseServiceName)
    .argument('[host:port]', 'where the instance listens', parseHostPort)
    .option('--id <id>', 'the instance with this id')
    .addHelpText(
      'after',
      examples('thubanctl deregister default/echo 127.0.0.1:8081', 'thubanctl deregister default/echo --id 5a1f…'),
    )
    .action(async (name: ServiceName, address: HostPort | undefined, options: { id?: string }, command: Command) => {
      const client = clientOf(command, io);
      const { namespace, service } = name;
      for (const id of await idsToRemove(client, name, address, options.id)) {
        await client.send('DELETE', pathOf('v1', 'namespaces', namespace, 'services', service, 'instances', id));
        io.out(`${id}\n`);
      }
      io.err(`deregistered from ${namespace}/${service}\n`);
    });
