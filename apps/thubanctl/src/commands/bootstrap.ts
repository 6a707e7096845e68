import { Command, InvalidArgumentError, Option } from 'commander';
import { parseHostPort, parsePort } from '../arguments.js';
import type { HostPort } from '../arguments.js';
import { envoyBootstrap, parseNodeId } from '../bootstrap-envoy.js';
import type { EnvoyBootstrap, NodeId } from '../bootstrap-envoy.js';
import { usageError } from '../ctl-error.js';
import type { Io } from '../io.js';
import { asYaml } from '../output.js';
import { examples } from './context.js';

interface Node {
  readonly id: string;
  readonly facts: NodeId;
}

const parseNode = (text: string): Node => {
  const facts = parseNodeId(text);
  if (facts === undefined)
    throw new InvalidArgumentError(
      'Write it as namespace/name, or as sidecar~namespace/pod~ip or gateway~namespace/pod~ip.',
    );
  return { id: text, facts };
};

interface EnvoyOptions {
  readonly node: Node;
  readonly mode: 'delta' | 'sotw';
  readonly listenerPort?: number;
  readonly adminPort: number;
  readonly redirected?: boolean;
  readonly xds: HostPort;
  readonly service?: string;
}

const wantedOf = ({ node, redirected = false, ...rest }: EnvoyOptions): EnvoyBootstrap => {
  if (redirected && node.facts.kind === 'gateway')
    throw usageError('Only a sidecar can be --redirected, not a gateway.');
  return { ...rest, redirected, nodeId: node.id, node: node.facts };
};

const envoyCommand = (io: Io): Command =>
  new Command('envoy')
    .description('Print a bootstrap for Envoy; it needs no server.')
    .addOption(
      new Option('--node <id>', 'namespace/name, sidecar~namespace/pod~ip or gateway~namespace/pod~ip')
        .makeOptionMandatory()
        .argParser(parseNode),
    )
    .addOption(new Option('--mode <mode>', 'variant of the protocol').choices(['delta', 'sotw']).default('delta'))
    .addOption(
      new Option('--xds <host:port>', 'where Thuban serves xDS')
        .argParser(parseHostPort)
        .default({ host: '127.0.0.1', port: 15010 }, '127.0.0.1:15010'),
    )
    .option('--listener-port <port>', 'port of the outbound HTTP listener (default: the server says 15001)', parsePort)
    .option('--admin-port <port>', 'port of the admin page, on loopback', parsePort, 15000)
    .option('--redirected', 'traffic is redirected to the listener: an unknown host goes where it was meant to')
    .option('--service <name>', 'the service this node stands for, in the namespace of the node')
    .addHelpText(
      'after',
      examples(
        'thubanctl bootstrap envoy --node default/web > envoy.yaml && envoy -c envoy.yaml',
        'thubanctl bootstrap envoy --node sidecar~default/web-7f9c~10.0.0.7 --redirected --service web',
        'thubanctl bootstrap envoy --node default/edge --mode sotw --listener-port 8000 --xds thuban.internal:15010',
      ),
    )
    .action((options: EnvoyOptions) => {
      io.out(
        `# Envoy bootstrap for ${options.node.id}, printed by thubanctl.\n${asYaml(envoyBootstrap(wantedOf(options)))}`,
      );
    });

/** `thubanctl bootstrap …`: configuration that a data plane starts from. */
export const bootstrapCommand = (io: Io): Command =>
  new Command('bootstrap').description('Print what a data plane starts from.').addCommand(envoyCommand(io));
