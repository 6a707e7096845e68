import { request as httpRequest } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { Client, credentials, status, type ServerDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall } from '@nestjs/microservices';
import { CommandRejected, LogUnavailable } from '@thuban/event-sourcing';
import { bootstrap, type BootstrapOptions, type Running } from './bootstrap.js';
import { createLogger } from './logger.js';
import { createMetrics } from './metrics.js';

const same = (bytes: Buffer): Buffer => bytes;
const method = (name: string, stream: boolean) => ({
  path: `/test.v1.Echo/${name}`,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
  originalName: name,
});
const packageDefinition = {
  'test.v1.Echo': {
    Unary: method('Unary', false),
    Refused: method('Refused', false),
    Bug: method('Bug', false),
    Talk: method('Talk', true),
  },
};

@Controller()
class EchoController {
  @GrpcMethod('test.v1.Echo', 'Unary')
  unary(bytes: Buffer): Buffer {
    return bytes;
  }
  @GrpcMethod('test.v1.Echo', 'Refused')
  refused(): Buffer {
    throw new CommandRejected('NOT_FOUND', 'no such thing');
  }
  @GrpcMethod('test.v1.Echo', 'Bug')
  bug(): Buffer {
    throw new Error('secret detail');
  }
  @GrpcStreamCall('test.v1.Echo', 'Talk')
  talk(call: ServerDuplexStream<Buffer, Buffer>): void {
    call.on('data', (bytes: Buffer) => call.write(bytes));
    call.on('end', () => call.end());
  }
  @Get('names/:name')
  name(@Param('name') name: string): object {
    return { name };
  }
  @Post('bodies')
  body(@Body() body: unknown): object {
    return { got: body };
  }
  @Get('bug')
  httpBug(): object {
    throw new Error('secret detail');
  }
  @Get('log-away')
  logAway(): object {
    throw new LogUnavailable('disk gone at /secret/path');
  }
  @Get('refused')
  httpRefused(): object {
    throw new CommandRejected('ALREADY_EXISTS', 'it is there', { field: 'name' });
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const any = (what: string) => ({ what, host: '127.0.0.1', port: 0 });

describe('bootstrap', () => {
  let running: Running;
  let notReady: string | undefined;
  const url = (path: string): string => `http://127.0.0.1:${running.ports.http}${path}`;
  const start = (drainMs = 1_000, more: Partial<BootstrapOptions> = {}) =>
    bootstrap({
      name: 'test',
      modules: [EchoModule],
      http: any('HTTP'),
      grpc: [{ ...any('gRPC'), packageDefinition }],
      logger: createLogger('test', 'silent'),
      metrics: createMetrics(),
      checks: [{ name: 'projection', notReady: () => notReady }],
      drainMs,
      signals: false,
      ...more,
    });

  beforeAll(async () => void (running = await start()));
  afterAll(() => running.close());

  const client = (port = running.ports.grpc[0]) => new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const call = (name: string, bytes: Buffer) =>
    new Promise<Buffer | ServiceError>((resolve) => {
      const grpc = client();
      grpc.makeUnaryRequest(`/test.v1.Echo/${name}`, same, same, bytes, (error, reply) => {
        grpc.close();
        resolve(error ?? (reply as Buffer));
      });
    });

  it('answers unary gRPC with the bytes of the handler', async () => {
    expect(await call('Unary', Buffer.from('hello'))).toEqual(Buffer.from('hello'));
  });

  it('maps a refusal to its canonical code and hides a bug', async () => {
    expect(await call('Refused', Buffer.alloc(0))).toMatchObject({ code: status.NOT_FOUND, details: 'no such thing' });
    expect(await call('Bug', Buffer.alloc(0))).toMatchObject({ code: status.INTERNAL, details: 'internal error' });
  });

  it('decodes percent-encoded names that hold a slash, and keeps names of 128 encoded characters', async () => {
    for (const name of ['team/echo', 'a%2Fb', '..', 'ü', '%'.repeat(128)]) {
      const response = await fetch(url(`/names/${encodeURIComponent(name).replaceAll('.', '%2E')}`));
      if (name === '..') continue; // URL parsers take %2E%2E for dots, whatever the server does
      expect(await response.json()).toEqual({ name });
    }
  });

  const post = (body: string, type?: string) =>
    fetch(url('/bodies'), { method: 'POST', body: Buffer.from(body), headers: type ? { 'content-type': type } : {} });

  it.each([
    ['bad JSON', '{"a":', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['an empty body', '', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['__proto__', '{"a":{"__proto__":{}}}', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['escaped __proto__', '{"a":{"\\u005f_proto__":{}}}', 'application/json', 400, 'INVALID_ARGUMENT'],
    ['another type', 'a=b', 'application/x-www-form-urlencoded', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no type', '{}', undefined, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['5 MiB', `"${'x'.repeat(5 << 20)}"`, 'application/json', 413, 'BODY_TOO_LARGE'],
  ])('answers %s with a precise problem', async (_what, body, type, status, code) => {
    const response = await post(body, type);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      status,
      code,
      instance: `urn:uuid:${response.headers.get('x-request-id')}`,
    });
    expect(response.status).toBe(status);
  });

  it('names the path of a __proto__ key', async () => {
    const problem = await (await post('{"a":{"__proto__":{}}}', 'application/json')).json();
    expect(problem).toMatchObject({ errors: [{ field: 'a.__proto__' }] });
  });

  it('says 404 and 400 as problems for unknown and malformed paths', async () => {
    expect(await (await fetch(url('/nowhere'))).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(await (await fetch(url('/names/%zz'))).json()).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' });
  });

  it('says 405 with what is possible for a known path, a name with a slash in it too', async () => {
    for (const [path, allow] of [
      ['/bodies?x=1', 'POST'],
      ['/names/a%2Fb', 'GET, HEAD'],
    ] as const) {
      const response = await fetch(url(path), { method: 'PUT' });
      expect(response.headers.get('allow')).toBe(allow);
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(await response.json()).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    }
    expect((await fetch(url('/names/a/b'), { method: 'PUT' })).status).toBe(404);
  });

  it.each([
    ['what is no HTTP', 'HELO thuban\r\n\r\n', 400, 'INVALID_ARGUMENT'],
    ['large headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ])('answers %s with a problem and closes', async (_what, text, status, code) => {
    const socket = connect(running.ports.http, '127.0.0.1', () => socket.write(text));
    let got = '';
    socket.on('data', (bytes) => void (got += String(bytes)));
    await new Promise((resolve) => socket.once('close', resolve));
    const [head = '', body = ''] = got.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });

  it('maps refusals by the edge table and hides bugs', async () => {
    expect(await (await fetch(url('/refused'))).json()).toMatchObject({
      status: 409,
      code: 'ALREADY_EXISTS',
      errors: [{ field: 'name' }],
    });
    const text = await (await fetch(url('/bug'))).text();
    expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'INTERNAL' });
    expect(text).not.toContain('secret');
  });

  it('says 503 while the log cannot be read', async () => {
    const response = await fetch(url('/log-away'));
    expect(response.headers.get('retry-after')).toBe('1');
    const problem: unknown = await response.json();
    expect(problem).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('takes no request id from the client', async () => {
    const response = await fetch(url('/livez'), { headers: { 'x-request-id': 'mine' } });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tells which check is not ready', async () => {
    notReady = 'behind by 7 events';
    const response = await fetch(url('/readyz'));
    notReady = undefined;
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'not ready',
      notReady: [{ name: 'projection', reason: 'behind by 7 events' }],
    });
    expect((await fetch(url('/readyz'))).status).toBe(200);
  });

  it('serves metrics as text', async () => {
    const response = await fetch(url('/metrics'));
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('nodejs_eventloop_lag_seconds');
  });

  it('counts requests by route pattern, never by path', async () => {
    await (await fetch(url('/names/a%2Fb'))).text();
    await (await fetch(url('/made/up'))).text();
    const text = await (await fetch(url('/metrics'))).text();
    expect(text).toMatch(/^thuban_http_requests_total\{method="GET",route="\/names\/:name",code="200"\} \d+$/m);
    expect(text).toMatch(/^thuban_http_requests_total\{method="GET",route="none",code="404"\} \d+$/m);
    expect(text).not.toContain('made');
  });

  it('S12: a body without a length is cut at the limit too', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(url('/bodies'), { method: 'POST', headers: { 'content-type': 'application/json' } });
      request.on('response', (response) => resolve(response.statusCode)).on('error', reject);
      for (let i = 0; i < 32; i++) request.write('x'.repeat(64 * 1024));
    });
    expect(status).toBe(413);
  });

  it('bounds slow headers, slow bodies and idle connections', () => {
    expect(running.app.getHttpServer()).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5_000,
    });
  });

  it('drains at once when nothing is going on: kept and unused connections do not hold it up', async () => {
    const other = await start(4_000);
    const unused = connect(other.ports.http, '127.0.0.1');
    await new Promise((resolve) => unused.once('connect', resolve));
    await (await fetch(`http://127.0.0.1:${other.ports.http}/livez`)).text();
    const before = performance.now();
    await other.close();
    expect(performance.now() - before).toBeLessThan(1_000);
    unused.destroy();
  });

  it('drains: a gRPC stream that does not end is cut at the deadline, an idle HTTP connection at once', async () => {
    const other = await start(300);
    const socket = connect(other.ports.http, '127.0.0.1');
    const grpc = client(other.ports.grpc[0]);
    const stream = grpc.makeBidiStreamRequest('/test.v1.Echo/Talk', same, same);
    const ended = new Promise<number>((resolve) => stream.on('status', ({ code }: { code: number }) => resolve(code)));
    stream.on('error', () => undefined);
    await new Promise((resolve) => {
      stream.on('data', resolve);
      stream.write(Buffer.from('x'));
    });
    const before = performance.now();
    await other.close();
    expect(performance.now() - before).toBeGreaterThanOrEqual(290);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(await ended).toBe(status.UNAVAILABLE);
    socket.destroy();
    grpc.close();
  });

  it('drains within its time however long what runs first takes', async () => {
    let closed = 0;
    const other = await start(300, {
      onDrain: () => new Promise<never>(() => undefined),
      onClosed: () => void closed++,
    });
    const grpc = client(other.ports.grpc[0]);
    const stream = grpc.makeBidiStreamRequest('/test.v1.Echo/Talk', same, same);
    stream.on('error', () => undefined);
    await new Promise((resolve) => {
      stream.on('data', resolve);
      stream.write(Buffer.from('x'));
    });
    const unused = connect(other.ports.http, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => unused.once('connect', resolve));
    const before = performance.now();
    await other.close();
    expect(performance.now() - before).toBeLessThan(1_500);
    expect(closed).toBe(1);
    unused.destroy();
    grpc.close();
  });

  it('closes the stores although what runs first fails', async () => {
    let closed = 0;
    const other = await start(300, {
      onDrain: () => Promise.reject(new Error('a bug')),
      onClosed: () => void closed++,
    });
    await expect(other.close()).rejects.toThrow('a bug');
    expect(closed).toBe(1);
    await other.app.close();
  });

  describe('with a busy port', () => {
    let holder: Server;
    beforeAll(() => new Promise<void>((resolve) => void (holder = createServer().listen(0, '127.0.0.1', resolve))));
    afterAll(() => holder.close());

    it('says which port, for what, and who holds it', async () => {
      const { port } = holder.address() as { port: number };
      const refused = bootstrap({
        name: 'test',
        modules: [],
        http: { what: 'HTTP API', host: '127.0.0.1', port },
        grpc: [],
        logger: createLogger('test', 'silent'),
        metrics: createMetrics(),
        checks: [],
        signals: false,
      });
      const holderText = process.platform === 'linux' ? `.+ \\(pid ${process.pid}\\)` : '.+';
      await expect(refused).rejects.toThrow(
        new RegExp(`^port ${port} \\(HTTP API\\) is used by ${holderText}; stop it`),
      );
    });
  });
});
