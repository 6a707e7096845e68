/** One event of a text/event-stream (HTML standard, section 9.2 "Server-sent events"). */
export interface ServerSentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

const fieldOf = (line: string): readonly [string, string] => {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
};

/** Cuts chunks of text into lines that end with LF, CR or CRLF, also when a CRLF is cut in two. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest.endsWith('\r')) yield rest.slice(0, -1);
}

/**
 * Reads events from decoded text. Comments are left out, and an unfinished event at the end is dropped. Unlike in a browser, an event
 * that has an id and no data is yielded, with empty data: it says where a reader that comes back goes on.
 */
export async function* readServerSentEvents(chunks: AsyncIterable<string>): AsyncIterable<ServerSentEvent> {
  let id = '';
  let event = '';
  let data: string[] | undefined;
  for await (const line of linesOf(chunks)) {
    if (line === '') {
      if (data) yield { id, event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = undefined;
      continue;
    }
    const [field, value] = fieldOf(line);
    if (field === 'id') {
      id = value;
      data ??= [];
    }
    if (field === 'event') event = value;
    if (field === 'data') (data ??= []).push(value);
  }
}
