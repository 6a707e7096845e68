import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type ReceivedSpan, spansOf } from './otlp-spans.js';

/** A collector that keeps what it gets. */
export interface OtlpReceiver {
  /** For `--otlp-endpoint`. */
  readonly endpoint: string;
  /** Everything that has come, in order of arrival. */
  spans(): readonly ReceivedSpan[];
  /**
   * Tries `attempt` with all spans now and whenever more have come, until it does not throw.
   * @throws the last error of the attempt when `withinMs` have passed.
   */
  waitFor<T>(attempt: (spans: readonly ReceivedSpan[]) => T, withinMs?: number): Promise<T>;
  /** Every further request is answered with this code and not kept; 200: all is well again. */
  answer(code: number): void;
  stop(): Promise<void>;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
};

/** What is wrong with a request as an export of traces in JSON, as a status code. */
const refusalOf = ({ method, url, headers }: IncomingMessage): number | undefined => {
  if (url !== '/v1/traces') return 404;
  if (method !== 'POST') return 405;
  return headers['content-type'] === 'application/json' ? undefined : 415;
};

/**
 * Starts a receiver of OTLP/HTTP in JSON, on a port of its own.
 * @example const receiver = await startOtlpReceiver();
 */
export const startOtlpReceiver = async (): Promise<OtlpReceiver> => {
  const all: ReceivedSpan[] = [];
  const waiting = new Set<() => void>();
  let code = 200;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const status = refusalOf(request) ?? code;
    if (status === 200) all.push(...spansOf(JSON.parse(body.toString())));
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    for (const look of [...waiting]) look();
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));

  const waitFor = <T>(attempt: (spans: readonly ReceivedSpan[]) => T, withinMs = 10_000): Promise<T> =>
    new Promise((resolve, reject) => {
      let last: unknown;
      const end = (): void => {
        clearTimeout(late);
        waiting.delete(look);
      };
      const late = setTimeout(() => {
        end();
        reject(last as Error);
      }, withinMs);
      const look = (): void => {
        try {
          const found = attempt(all);
          end();
          resolve(found);
        } catch (error) {
          last = error;
        }
      };
      waiting.add(look);
      look();
    });

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => all,
    waitFor,
    answer: (next) => void (code = next),
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
