import { Command, Option } from 'commander';
import type { AuditItem, AuditVerification, Page } from '../api.js';
import { parseInteger } from '../arguments.js';
import { AUDIT_COLUMNS, AUDIT_WIDE, verificationText } from '../audit-text.js';
import type { Client } from '../client.js';
import { createClient, pathOf } from '../client.js';
import { CtlError, EXIT } from '../ctl-error.js';
import type { Io } from '../io.js';
import { asJson, asYaml, printRows, type View } from '../output.js';
import { examples, serverOf, timeoutMsOf, type GlobalOptions } from './context.js';

const DEFAULT_AUDIT_SERVER = 'http://localhost:8096';
const AUDIT = ['v1', 'audit'] as const;
const PAGE_ROWS = 500;

const VIEW: View<AuditItem> = {
  columns: AUDIT_COLUMNS,
  wide: AUDIT_WIDE,
  name: ({ log, shard, seq, requestId }) =>
    log === undefined ? `attempt/${requestId}` : `event/${log}/${shard}/${seq}`,
  empty: 'Nothing of the kind is on record.',
};

/** The audit is a process of its own: `--server` names it too, else THUBANCTL_AUDIT_SERVER. */
const auditClient = (command: Command, io: Io): Client => {
  const options = command.optsWithGlobals<GlobalOptions & { readonly auditServer?: string }>();
  const server = options.auditServer ?? options.server ?? (io.env['THUBANCTL_AUDIT_SERVER'] || DEFAULT_AUDIT_SERVER);
  return createClient({ server: serverOf({ server }, io.env), timeoutMs: timeoutMsOf(options) });
};

const auditServerOption = (): Option =>
  new Option(
    '--audit-server <address>',
    `the audit (default: --server, else THUBANCTL_AUDIT_SERVER, else ${DEFAULT_AUDIT_SERVER})`,
  );

interface ListOptions {
  readonly actor?: string;
  readonly stream?: string;
  readonly type?: string;
  readonly request?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
}

/** The newest that fit, as many as wanted. */
const newest = async (client: Client, query: Readonly<Record<string, string | undefined>>, wanted: number) => {
  const items: AuditItem[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(PAGE_ROWS, wanted - items.length);
    const page = await client.get<Page<AuditItem>>(pathOf(...AUDIT), { ...query, cursor, limit });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < wanted);
  return items;
};

const verifyCommand = (io: Io): Command =>
  new Command('verify')
    .description('Verify that nobody changed what is on record. Ends with 1 when somebody did.')
    .addOption(auditServerOption())
    .addOption(
      new Option('-o, --output <format>', 'json and yaml are stable').choices(['text', 'json', 'yaml']).default('text'),
    )
    .addHelpText('after', examples('thubanctl audit verify', 'thubanctl audit verify --timeout 300 -o json'))
    .action(async ({ output }: { readonly output: 'text' | 'json' | 'yaml' }, command: Command) => {
      const found = await auditClient(command, io).get<AuditVerification>(pathOf(...AUDIT, 'verify'));
      io.out(
        output === 'text' ? verificationText(found, io.colour) : output === 'json' ? asJson(found) : asYaml(found),
      );
      if (!found.ok) throw new CtlError(EXIT.NOT_VERIFIED, 'The record does not verify.');
    });

const listCommand = (io: Io): Command =>
  new Command('list')
    .description('Show who changed what, and what was attempted in vain, newest first.')
    .addOption(auditServerOption())
    .option('--actor <actor>', 'only of this actor, such as sdk:10.0.0.7')
    .option('--stream <stream>', 'only about this stream, such as service/default/echo')
    .option('--type <type>', 'only events of this type, or attempts of this command')
    .option('--request <id>', 'only of this request')
    .addOption(
      new Option('--outcome <outcome>', 'only with this outcome').choices(['committed', 'denied', 'refused', 'failed']),
    )
    .option('--since <time>', 'only at this time or later, RFC 3339')
    .option('--until <time>', 'only before this time, RFC 3339')
    .option('--limit <n>', 'how many at most', parseInteger(1, 10_000), 50)
    .addOption(
      new Option('-o, --output <format>', 'json and yaml are stable, the tables are not')
        .choices(['table', 'wide', 'json', 'yaml'])
        .default('table'),
    )
    .addHelpText(
      'after',
      examples(
        'thubanctl audit list --stream service/default/echo',
        'thubanctl audit list --outcome denied --since 2026-01-31T00:00:00Z',
      ),
    )
    .action(async ({ request: requestId, limit, output, ...filters }: ListOptions, command: Command) => {
      const { actor, stream, type, outcome, since, until } = filters;
      const query = { actor, stream, type, requestId, outcome, since, until };
      printRows(io, output, VIEW, await newest(auditClient(command, io), query, limit));
    });

/** `thubanctl audit`, which lists, and `thubanctl audit verify`. */
export const auditCommand = (io: Io): Command =>
  new Command('audit')
    .description('List who changed what and what was attempted in vain, or verify that the record was not changed.')
    .addCommand(listCommand(io), { isDefault: true })
    .addCommand(verifyCommand(io))
    .addHelpText('after', examples('thubanctl audit --stream service/default/echo', 'thubanctl audit verify'));
