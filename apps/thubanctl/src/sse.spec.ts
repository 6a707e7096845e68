import fc from 'fast-check';
import { readServerSentEvents } from './sse.js';
import type { ServerSentEvent } from './sse.js';

async function* from(chunks: readonly string[]): AsyncIterable<string> {
  yield* chunks;
}

const read = async (...chunks: readonly string[]): Promise<readonly ServerSentEvent[]> => {
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(from(chunks))) events.push(event);
  return events;
};

describe('readServerSentEvents', () => {
  it('reads id, event and data of several lines', async () => {
    expect(await read('id: 7\nevent: change\ndata: a\ndata: b\n\n')).toEqual([
      { id: '7', event: 'change', data: 'a\nb' },
    ]);
  });

  it('leaves out comments, keeps the last id, and drops what has not ended', async () => {
    expect(await read(': hello\n\nid: 1\ndata: a\n\ndata: b\n\ndata: half')).toEqual([
      { id: '1', event: 'message', data: 'a' },
      { id: '1', event: 'message', data: 'b' },
    ]);
  });

  it('tells of an id that came without data, as the place to go on from', async () => {
    expect(await read('id: 7\n\n')).toEqual([{ id: '7', event: 'message', data: '' }]);
  });

  it('does not care where the chunks are cut, nor which line end is used', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(60), { maxLength: 8 }),
        async (lineEnd, cuts) => {
          const text = ['id: 1', 'data: a', 'data:b', '', ': ping', '', 'id: 2', 'event: e', 'data', '']
            .map((l) => l + lineEnd)
            .join('');
          const points = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
          const chunks = points.slice(1).map((end, i) => text.slice(points[i], end));
          expect(await read(...chunks)).toEqual([
            { id: '1', event: 'message', data: 'a\nb' },
            { id: '2', event: 'e', data: '' },
          ]);
        },
      ),
    );
  });
});
