import { createInterface } from 'node:readline';
import { rmSync } from 'node:fs';
import { startChild } from './child.js';
import { temporaryFolder } from './temporary-folder.js';
import { polarisGoPath, type SdkVersion } from './tools.js';

/** An instance as the SDK shows it to its user. */
export interface SdkInstance {
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly healthy: boolean;
  readonly isolated: boolean;
}

/** What the program answers; `error` is the SDK's own sentence. */
interface Answer {
  readonly id?: number;
  readonly ready?: true;
  readonly error?: string;
  readonly port?: number;
  readonly instance?: string;
  readonly existed?: boolean;
  readonly instances?: readonly SdkInstance[];
  readonly event?: 'added' | 'updated' | 'deleted';
}

type Verb = 'serve' | 'register' | 'deregister' | 'getAll' | 'getInstances' | 'getOne' | 'watch';

/** A process with a published polaris-go inside. */
export interface PolarisGo {
  /** @throws Error with the SDK's complaint. */
  ask(verb: Verb, fields: object): Promise<Answer>;
  /** What its watches have reported so far. */
  readonly events: readonly Answer[];
  stop(): Promise<void>;
}

/** Starts the program that drives polaris-go; it connects at once. */
export const startPolarisGo = async (version: SdkVersion, address: string): Promise<PolarisGo> => {
  const folder = temporaryFolder();
  const child = startChild(polarisGoPath(version), [address, folder]);
  const waiting = new Map<number, (answer: Answer) => void>();
  const events: Answer[] = [];
  let lastId = 0;
  const take = (answer: Answer): void => {
    if (answer.event) events.push(answer);
    waiting.get(answer.ready ? 0 : (answer.id ?? -1))?.(answer);
  };
  createInterface({ input: child.process.stdout }).on(
    'line',
    (line) => line.startsWith('{') && take(JSON.parse(line) as Answer),
  );
  const answerTo = async (id: number): Promise<Answer> => {
    const gone = child.ended().then(() => Promise.reject(new Error(`polaris-go ${version} ended:\n${child.output()}`)));
    const answer = await Promise.race([new Promise<Answer>((resolve) => waiting.set(id, resolve)), gone]);
    if (answer.error !== undefined) throw new Error(`polaris-go ${version}: ${answer.error}`);
    return answer;
  };
  await answerTo(0);
  return {
    events,
    ask: (verb, fields) => {
      const id = ++lastId;
      const answer = answerTo(id);
      child.process.stdin.write(`${JSON.stringify({ id, do: verb, namespace: 'default', ...fields })}\n`);
      return answer;
    },
    stop: async () => {
      await child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
