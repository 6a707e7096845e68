import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The processes of the product, and the Envoy in front of them. What they need is started with them. */
export type StackProcess = 'registry' | 'rule-config' | 'xds-push' | 'health-check' | 'front';

/** The parts of a stack that specs run against. */
export type StackPart = 'mysql' | 'kafka' | StackProcess;

/** `127.0.0.1:port` by kind, as far as a process has them. */
export interface StackAddresses {
  readonly http: string;
  readonly sdk?: string;
  readonly xds?: string;
}

/** What a stack says of itself when it is ready. */
export interface StackFacts extends Readonly<Partial<Record<StackProcess, StackAddresses>>> {
  /** Without a database name; user root, no password. Absent without MySQL. */
  readonly mysqlUrl?: string;
  /** `host:port` each. Absent without Kafka. */
  readonly kafkaBrokers?: readonly string[];
  readonly pids: Readonly<Partial<Record<StackPart, number>>>;
  /** Logs and data of its parts. */
  readonly dataDir: string;
  /** Why a part is not in it, in one sentence. */
  readonly missing?: Readonly<Partial<Record<StackPart, string>>>;
}

/** What can be done to a part: end it in order, end it with SIGKILL, start it on the same port and data, delete the data of one that does not run. */
export type StackOrder = 'stop' | 'kill' | 'start' | 'wipe';

/** A running stack of one's own. */
export interface StackChild {
  readonly facts: StackFacts;
  /**
   * Resolves when it is done, with the id of the part's process if it runs then.
   * @throws Error with the reason of the stack.
   */
  order(order: StackOrder, part: StackPart): Promise<number | undefined>;
  /** Ends all of it and deletes its data. */
  stop(): Promise<void>;
}

const PROGRAM = resolve(__dirname, '../../../tools/stack/stack.mjs');

interface Answer {
  readonly pid?: number;
  readonly error?: string;
}

type Waiter = (answer: Answer) => void;

const started = async (lines: AsyncIterator<string>, complaint: () => string): Promise<StackFacts> => {
  const first = await lines.next();
  if (first.done) throw new Error(`The stack did not start: ${complaint()}`);
  return JSON.parse(first.value) as StackFacts;
};

const answer = async (lines: AsyncIterator<string>, waiting: Map<number, Waiter>): Promise<void> => {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const { id, ...rest } = JSON.parse(line.value) as Answer & { readonly id: number };
    waiting.get(id)?.(rest);
    waiting.delete(id);
  }
  for (const resolveOne of waiting.values()) resolveOne({ error: 'the stack is gone' });
};

/**
 * Starts servers on free ports in a temporary directory; resolves when all of them answer. They end when this process does.
 * @throws Error with what the stack said when it cannot be had or does not start.
 */
export const startStackChild = async (parts: readonly StackPart[]): Promise<StackChild> => {
  const child = spawn(process.execPath, [PROGRAM, 'run', parts.join(','), '--json'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const facts = await started(lines, () => complaint.trim());
  const waiting = new Map<number, Waiter>();
  void answer(lines, waiting);
  let lastId = 0;
  return {
    facts,
    order: async (order, part) => {
      const id = ++lastId;
      const answered = new Promise<Answer>((done) => waiting.set(id, done));
      child.stdin.write(`${JSON.stringify({ id, do: order, part })}\n`);
      const { pid, error } = await answered;
      if (error !== undefined) throw new Error(`${order} ${part}: ${error}`);
      return pid;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
};

/** Why these parts cannot be had on this machine, a sentence each; empty when they can. Installs nothing. */
export const missingParts = (parts: readonly StackPart[]): readonly string[] => {
  const asked = spawnSync(process.execPath, [PROGRAM, 'missing', parts.join(','), '--json'], { encoding: 'utf8' });
  if (asked.status !== 0) throw new Error(`tools/stack does not answer: ${asked.stderr}`);
  return Object.values(JSON.parse(asked.stdout) as Record<string, string>);
};
