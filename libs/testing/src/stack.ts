import { randomBytes } from 'node:crypto';
import {
  missingParts,
  startStackChild,
  type StackAddresses,
  type StackChild,
  type StackFacts,
  type StackOrder,
  type StackPart,
  type StackProcess,
} from './stack-child.js';

/** Real servers for a spec. */
export interface Stack {
  /** The server's URL without a database: user root, no password. Throws when the stack has no MySQL. */
  readonly mysqlUrl: string;
  /** `host:port` each. Throws when the stack has no Kafka. */
  readonly kafkaBrokers: readonly string[];
  /** Process ids as they were at the start. */
  readonly pids: StackFacts['pids'];
  readonly dataDir: string;
  /** Where a process of the product listens. Throws when the stack has none. */
  addressesOf(process: StackProcess): StackAddresses;
  /** Makes an empty database (utf8mb4, binary collation) and answers its URL. It is dropped by `stop`. */
  freshDatabase(): Promise<string>;
  /** A name that no other spec uses, to begin topics and groups with. */
  freshPrefix(): string;
  /**
   * Stops, kills, starts or wipes a server; resolves with its process id if it runs then. Only in a stack of one's own.
   * @throws Error in a shared stack, and with the reason when the server does not start.
   */
  order(order: StackOrder, part: StackPart): Promise<number | undefined>;
  /** Drops the databases that were made here; ends the servers when the stack is the spec's own. */
  stop(): Promise<void>;
}

/** `own`: servers that no other spec uses, for a spec that stops or kills them. */
export interface StackOptions {
  readonly own?: boolean;
}

const present = <T>(value: T | undefined, name: string): T => {
  if (value === undefined) throw new Error(`this stack was started without ${name}`);
  return value;
};

const freshName = (): string => `t${randomBytes(6).toString('hex')}`;

const onMysql = async (mysqlUrl: string, statements: readonly string[]): Promise<void> => {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(mysqlUrl);
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
};

const sharedFacts = (): StackFacts | undefined => {
  const given = process.env['THUBAN_TEST_STACK'];
  return given === undefined ? undefined : (JSON.parse(given) as StackFacts);
};

const sharedStack = (parts: readonly StackPart[]): StackFacts | undefined => {
  const facts = sharedFacts();
  return facts && parts.every((part) => facts.pids[part] !== undefined) ? facts : undefined;
};

const stackOf = (facts: StackFacts, child: StackChild | undefined): Stack => {
  const databases: string[] = [];
  return {
    get mysqlUrl() {
      return present(facts.mysqlUrl, 'MySQL');
    },
    get kafkaBrokers() {
      return present(facts.kafkaBrokers, 'Kafka');
    },
    pids: facts.pids,
    dataDir: facts.dataDir,
    addressesOf: (process) => present(facts[process], process),
    freshDatabase: async () => {
      const name = freshName();
      const url = present(facts.mysqlUrl, 'MySQL');
      await onMysql(url, [`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`]);
      databases.push(name);
      return `${url}/${name}`;
    },
    freshPrefix: freshName,
    order: (order, part) =>
      child
        ? child.order(order, part)
        : Promise.reject(new Error('other specs use this stack too: start one with { own: true }')),
    stop: async () => {
      if (child) return child.stop();
      const drop = databases.splice(0).map((name) => `DROP DATABASE ${name}`);
      if (drop.length > 0) await onMysql(present(facts.mysqlUrl, 'MySQL'), drop);
    },
  };
};

/**
 * Servers for a spec, ready to be used: those that the test run shares when it has them (THUBAN_TEST_STACK), else new ones on free
 * ports with data of their own.
 * @throws Error in words when they cannot be had or do not start.
 * @example
 * const stack = await startStack(['mysql']);
 * const url = await stack.freshDatabase();
 */
export const startStack = async (parts: readonly StackPart[], options: StackOptions = {}): Promise<Stack> => {
  const shared = options.own ? undefined : sharedStack(parts);
  if (shared) return stackOf(shared, undefined);
  const child = await startStackChild(parts);
  return stackOf(child.facts, child);
};

const reasons = (parts: readonly StackPart[]): readonly string[] => {
  const shared = sharedFacts();
  if (!shared) return missingParts(parts);
  return parts.flatMap((part) => shared.missing?.[part] ?? []);
};

/**
 * A suite that needs these servers. Where one cannot be had the suite is skipped and its title says why, which the test run repeats;
 * in CI that is an error.
 * @example
 * describeWithStack(['mysql'], 'the log in MySQL', () => {
 *   let stack: Stack;
 *   beforeAll(async () => { stack = await startStack(['mysql']); }, 60_000);
 *   afterAll(() => stack.stop());
 * });
 */
export const describeWithStack = (parts: readonly StackPart[], title: string, suite: () => void): void => {
  const why = reasons(parts);
  if (why.length === 0) return void describe(title, suite);
  if (process.env['CI']) throw new Error(`${title}: ${why.join(' ')}`);
  describe.skip(`${title} (left out: ${why.join(' ')})`, suite);
};
