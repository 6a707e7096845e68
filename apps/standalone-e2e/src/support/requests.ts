import { Agent, request } from 'node:http';

/** One request through Envoy. Times are milliseconds of `performance.now()`. */
export interface Answered {
  /** 0 when there was no answer at all. */
  readonly status: number;
  /** The provider that answered, by the name it was started with. */
  readonly name: string | undefined;
  readonly sentMs: number;
  readonly doneMs: number;
}

type Headers = Readonly<Record<string, string>>;

const nameIn = (body: string): string | undefined => {
  try {
    return (JSON.parse(body) as { readonly name?: string }).name;
  } catch {
    return undefined;
  }
};

const send = (port: number, host: string, agent: Agent, headers: Headers = {}): Promise<Answered> =>
  new Promise((resolve) => {
    const sentMs = performance.now();
    const done = (status: number, body: string): void =>
      resolve({ status, name: nameIn(body), sentMs, doneMs: performance.now() });
    const outgoing = request(
      { host: '127.0.0.1', port, path: '/hello', headers: { ...headers, host }, agent, timeout: 5_000 },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => void (body += chunk));
        incoming.on('end', () => done(incoming.statusCode ?? 0, body)).on('error', () => done(0, ''));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('timeout'))).on('error', () => done(0, ''));
    outgoing.end();
  });

/** Sends `count` requests to a host, four at a time over kept connections. */
export const sendRequests = async (
  port: number,
  host: string,
  count: number,
  headers: Headers = {},
): Promise<readonly Answered[]> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let left = count;
  const caller = async (): Promise<readonly Answered[]> => {
    const answers: Answered[] = [];
    while (left-- > 0) answers.push(await send(port, host, agent, headers));
    return answers;
  };
  const answers = await Promise.all(Array.from({ length: 4 }, caller));
  agent.destroy();
  return answers.flat();
};

/** Requests without pause. */
export interface Stream {
  readonly answers: readonly Answered[];
  /** Ends it after the requests that are on their way. */
  stop(): Promise<readonly Answered[]>;
}

/** Sends requests from two callers, one after the other each, until it is stopped. */
export const streamRequests = (port: number, host: string): Stream => {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const answers: Answered[] = [];
  let stopped = false;
  const caller = async (): Promise<void> => {
    while (!stopped) answers.push(await send(port, host, agent));
  };
  const callers = Promise.all([caller(), caller()]);
  return {
    answers,
    stop: async () => {
      stopped = true;
      await callers;
      agent.destroy();
      return answers;
    },
  };
};

/** The share of the answers that came from a provider, 0 to 1. */
export const shareOf = (name: string, answers: readonly Answered[]): number =>
  answers.filter((answer) => answer.name === name).length / answers.length;
