import { Command } from 'commander';
import type { Instance } from '@thuban/events';
import { collectPairs, hostPort, parseHostPort, parseInteger, parseServiceName } from '../arguments.js';
import type { HostPort, ServiceName } from '../arguments.js';
import { pathOf } from '../client.js';
import type { Io } from '../io.js';
import { clientOf, examples } from './context.js';

interface RegisterOptions {
  readonly weight?: number;
  readonly meta?: Readonly<Record<string, string>>;
  readonly protocol?: string;
  readonly version?: string;
  readonly ttl?: number;
  readonly id?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly campus?: string;
}

/** The body of the request: only what was said, so that the server's defaults hold for the rest. */
export const registrationOf = ({ host, port }: HostPort, options: RegisterOptions): object => {
  const { region, zone, campus, ttl, meta, ...plain } = options;
  const location = Object.fromEntries(
    Object.entries({ region, zone, campus }).filter(([, value]) => value !== undefined),
  );
  return {
    host,
    port,
    ...plain,
    ...(meta !== undefined && { metadata: meta }),
    ...(ttl !== undefined && { healthCheck: { ttlSeconds: ttl } }),
    ...(Object.keys(location).length > 0 && { location }),
  };
};

/** `thubanctl register`: one instance; its service and namespace are created when missing. */
export const registerCommand = (io: Io): Command =>
  new Command('register')
    .description('Register an instance. Its namespace and service are created when they are missing.')
    .argument('<namespace/service>', 'the service', parseServiceName)
    .argument('<host:port>', 'where the instance listens', parseHostPort)
    .option('--weight <n>', 'share of the traffic, 0 to 65535 (default: 100)', parseInteger(0, 65_535))
    .option('--meta <key=value>', 'metadata; may be given many times', collectPairs)
    .option('--protocol <name>', 'what it speaks, such as http or grpc')
    .option('--version <text>', 'its version')
    .option('--ttl <seconds>', 'it will send heartbeats at this interval', parseInteger(1, 60))
    .option('--id <id>', 'its id (default: made from service, host and port)')
    .option('--region <name>', 'where it runs')
    .option('--zone <name>', 'where it runs, within the region')
    .option('--campus <name>', 'where it runs, within the zone')
    .addHelpText(
      'after',
      examples(
        'thubanctl register default/echo 127.0.0.1:8081',
        'thubanctl register default/echo 10.0.0.7:8081 --weight 10 --meta track=canary --meta team=shop --zone z1',
      ),
    )
    .action(async (name: ServiceName, address: HostPort, options: RegisterOptions, command: Command) => {
      const path = pathOf('v1', 'namespaces', name.namespace, 'services', name.service, 'instances');
      const { id } = await clientOf(command, io).send<Instance>('POST', path, registrationOf(address, options));
      io.out(`${id}\n`);
      io.err(`registered ${hostPort(address)} for ${name.namespace}/${name.service}\n`);
    });
