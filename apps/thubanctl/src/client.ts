import { CtlError, EXIT } from './ctl-error.js';
import type { ExitCode } from './ctl-error.js';
import { readServerSentEvents } from './sse.js';
import type { ServerSentEvent } from './sse.js';
import type { Page } from './api.js';

/** Query parameters; those that are undefined are left out, and a list is a parameter given several times. */
export type Query = Readonly<Record<string, string | number | undefined | readonly string[]>>;

/** What a command asks of a server. Every failure is a `CtlError` with the exit code it ends in. */
export interface Client {
  readonly server: string;
  readonly get: <T>(path: string, query?: Query) => Promise<T>;
  readonly send: <T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) => Promise<T>;
  /** All pages of a list, following their `next` cursors. */
  readonly list: <T>(path: string, query?: Query) => Promise<readonly T[]>;
  readonly events: (path: string, query: Query, signal: AbortSignal) => AsyncIterable<ServerSentEvent>;
}

export interface ClientOptions {
  /** Base address without a slash at its end, such as `http://127.0.0.1:8090`. */
  readonly server: string;
  /** How long an answer may take. Streams have no limit. */
  readonly timeoutMs: number;
}

/** A path of `/v1` with each part percent-encoded: `pathOf('v1', 'services', 'a/b')` is `/v1/services/a%2Fb`. */
export const pathOf = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

/** The most that the API gives at once. */
const PAGE_ROWS = 500;

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field?: string; readonly message?: string }[];
}

const exitCodeOf = (status: number): ExitCode => {
  if (status === 404) return EXIT.NOT_FOUND;
  if (status === 409 || status === 412) return EXIT.CONFLICT;
  return status >= 500 || status === 429 ? EXIT.UNREACHABLE : EXIT.INVALID;
};

const parseProblem = (text: string): Problem | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};

/** The sentence for an answer that is an error: the detail of its problem document (RFC 9457), or what is known without one. */
export const answerError = (status: number, text: string, server: string): CtlError => {
  const problem = parseProblem(text);
  if (problem === undefined)
    return new CtlError(
      EXIT.UNREACHABLE,
      `${server} answered ${status} without a problem document. Is it a Thuban server?`,
    );
  const sentence = problem.detail ?? problem.title ?? `HTTP ${status}`;
  const fields = (problem.errors ?? []).filter(({ message }) => message !== sentence);
  const lines = fields.map(({ field, message }) => `  ${field ?? ''}: ${message ?? ''}`);
  return new CtlError(exitCodeOf(status), [sentence, ...lines].join('\n'));
};

/** What fetch knows of a failure: its own message says nothing, the cause does. */
interface FetchFailure {
  readonly name?: string;
  readonly message?: string;
  readonly cause?: { readonly code?: string; readonly message?: string };
}

const reasonOf = ({ name, message, cause }: FetchFailure, timeoutMs: number): string => {
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  if (cause?.code === 'ECONNREFUSED') return 'connection refused';
  return cause?.message || message || 'it failed';
};

const unreachable = ({ server, timeoutMs }: ClientOptions, error: unknown): CtlError =>
  new CtlError(
    EXIT.UNREACHABLE,
    `No Thuban answers at ${server} (${reasonOf(error as FetchFailure, timeoutMs)}). ` +
      'Start one with `npm start`, or name another with --server or THUBANCTL_SERVER.',
    { cause: error },
  );

const urlOf = (server: string, path: string, query: Query = {}): URL => {
  const url = new URL(`${server}${path}`);
  for (const [key, value] of Object.entries(query))
    for (const each of value === undefined ? [] : [value].flat()) url.searchParams.append(key, String(each));
  return url;
};

const request = async (options: ClientOptions, url: URL, init: RequestInit): Promise<Response> => {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw unreachable(options, error);
  }
  if (response.ok) return response;
  throw answerError(response.status, await response.text(), options.server);
};

/** The body as JSON, undefined when there is none. */
const jsonOf = async <T>(options: ClientOptions, response: Response): Promise<T> => {
  try {
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch (error) {
    throw unreachable(options, error);
  }
};

async function* decoded(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  for await (const chunk of body) yield decoder.decode(chunk, { stream: true });
}

/** Opens a stream and yields its events until the server ends it or `signal` stops it. */
async function* streamOf(options: ClientOptions, url: URL, signal: AbortSignal): AsyncIterable<ServerSentEvent> {
  try {
    const response = await request(options, url, { headers: { accept: 'text/event-stream' }, signal });
    if (response.body !== null) yield* readServerSentEvents(decoded(response.body));
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof CtlError ? error : unreachable(options, error);
  }
}

/** A client of the `/v1` API over fetch. Nothing is sent before the first call. */
export const createClient = (options: ClientOptions): Client => {
  const call = async <T>(method: string, path: string, query?: Query, body?: object): Promise<T> => {
    const response = await request(options, urlOf(options.server, path, query), {
      method,
      headers: { accept: 'application/json', ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    return jsonOf<T>(options, response);
  };
  const get = <T>(path: string, query?: Query): Promise<T> => call<T>('GET', path, query);
  return {
    server: options.server,
    get,
    send: (method, path, body) => call(method, path, undefined, body),
    list: async <T>(path: string, query: Query = {}): Promise<readonly T[]> => {
      const rows: T[] = [];
      let cursor: string | undefined;
      do {
        const page: Page<T> = await get<Page<T>>(path, { ...query, limit: PAGE_ROWS, cursor });
        rows.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      return rows;
    },
    events: (path, query, signal) => streamOf(options, urlOf(options.server, path, query), signal),
  };
};
