import { Duplex } from 'node:stream';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { polaris } from '@thuban/proto';
import { createRegistryState } from '@thuban/registry-domain';
import { createDiscoverAnswers, type DiscoverAnswers } from './discover-answers.js';
import { answerDiscoverStream, type DiscoverCall } from './discover-stream.js';

/** The transport's end of a stream: the client sends by `push`, and reads only while `reading`. */
class Transport extends Duplex {
  readonly received: Buffer[] = [];
  reading = true;
  #resume: (() => void) | undefined;

  constructor() {
    super({ objectMode: true, highWaterMark: 4 });
  }
  override _read(): void {}
  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    const take = (): void => {
      this.received.push(bytes);
      done();
    };
    if (this.reading) take();
    else this.#resume = take;
  }
  resumeReading(): void {
    this.reading = true;
    this.#resume?.();
  }
}

const requestFor = (name: string): Buffer => {
  const message = create(polaris.DiscoverRequestSchema, { type: 1, service: { namespace: 'n', name } });
  return Buffer.from(toBinary(polaris.DiscoverRequestSchema, message));
};
const nameIn = (bytes: Buffer) => fromBinary(polaris.DiscoverResponseSchema, bytes).service?.name;
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

const serve = (answers: DiscoverAnswers = createDiscoverAnswers({ state: createRegistryState(), logId: 'l' })) => {
  const transport = new Transport();
  const seen = { opened: 0, closed: 0, answered: 0, failures: [] as unknown[], end: () => undefined as void };
  answerDiscoverStream(transport as unknown as DiscoverCall, answers, {
    opened: (end) => {
      seen.opened++;
      seen.end = end;
    },
    closed: (end) => {
      expect(end).toBe(seen.end);
      seen.closed++;
    },
    answered: () => void seen.answered++,
    failed: (error) => void seen.failures.push(error),
  });
  return { transport, seen };
};

describe('a Discover stream', () => {
  it('gets one answer for each request, in order, and ends after the last one on half-close', async () => {
    const { transport, seen } = serve();
    const names = Array.from({ length: 50 }, (_, i) => `s-${i}`);
    for (const name of names) transport.push(requestFor(name));
    transport.push(null);
    await new Promise((resolve) => transport.once('finish', resolve));
    expect(transport.received.map(nameIn)).toEqual(names);
    expect(seen).toMatchObject({ opened: 1, closed: 1, answered: 50 });
  });

  it('is not read any further while the client does not read (INV-17)', async () => {
    const { transport, seen } = serve();
    transport.reading = false;
    const names = Array.from({ length: 100 }, (_, i) => `s-${i}`);
    for (const name of names) transport.push(requestFor(name));
    await turns(20);
    expect(seen.answered).toBe(4);
    expect(transport.received).toEqual([]);
    transport.resumeReading();
    await turns(200);
    expect(transport.received.map(nameIn)).toEqual(names);
  });

  it('ends with INVALID_ARGUMENT at bytes that are no request, and answers nothing after them', async () => {
    const { transport, seen } = serve();
    const failed = new Promise((resolve) => transport.once('error', resolve));
    transport.push(requestFor('a'));
    transport.push(Buffer.from([0xff, 0xff, 0xff]));
    transport.push(requestFor('b'));
    transport.push(null);
    expect(await failed).toMatchObject({ code: 3, details: expect.stringContaining('not a DiscoverRequest') });
    await turns(20);
    expect(transport.received.map(nameIn)).toEqual(['a']);
    expect(seen).toMatchObject({ opened: 1, closed: 1, answered: 1 });
  });

  it('is ended with OK by us when the process drains, once', async () => {
    const { transport, seen } = serve();
    const finished = new Promise((resolve) => transport.once('finish', resolve));
    transport.push(requestFor('a'));
    await turns(2);
    seen.end();
    seen.end();
    transport.push(requestFor('b'));
    await finished;
    expect(transport.received.map(nameIn)).toEqual(['a']);
    expect(seen).toMatchObject({ opened: 1, closed: 1, answered: 1 });
  });

  it('answers 500000 under the asked names, type and direction when an answer cannot be made, and says why to us alone', async () => {
    const broken = new Error('no such table');
    const answers = createDiscoverAnswers({ state: createRegistryState(), logId: 'l' });
    const { transport, seen } = serve({
      ...answers,
      answer: (request) => {
        if (request.service?.name === 'a') throw broken;
        return answers.answer(request);
      },
    });
    const service = { namespace: 'n', name: 'a', revision: 'mine' };
    const asked = create(polaris.DiscoverRequestSchema, { type: 3, service, Direction: 1 });
    transport.push(Buffer.from(toBinary(polaris.DiscoverRequestSchema, asked)));
    transport.push(requestFor('b'));
    await turns(5);
    expect(transport.received.map(nameIn)).toEqual(['a', 'b']);
    const response = fromBinary(polaris.DiscoverResponseSchema, transport.received[0]!);
    expect(response).toMatchObject({ code: 500000, info: 'internal error', type: 3, Direction: 1 });
    expect(response.service).toMatchObject({ namespace: 'n', name: 'a' });
    expect(response.service?.revision).toBeUndefined();
    expect(seen).toMatchObject({ answered: 2, closed: 0, failures: [broken] });
  });
});
