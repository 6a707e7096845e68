import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

describe('a bad TCP link', () => {
  let server: Server;
  let proxy: TcpProxy;
  let received = '';
  const clients: Socket[] = [];
  beforeEach(async () => {
    received = '';
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        received += chunk.toString();
        socket.write(`echo ${chunk.toString()}`);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await startTcpProxy({ port: (server.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    server.close();
  });

  const dialing = (): Socket => {
    const client = connect(proxy.port, '127.0.0.1');
    clients.push(client);
    client.on('error', () => undefined);
    return client;
  };
  const dial = async (): Promise<Socket> => {
    const client = dialing();
    await once(client, 'connect');
    return client;
  };
  const ask = async (client: Socket, text: string): Promise<string> => {
    client.write(text);
    const [chunk] = (await once(client, 'data')) as [Buffer];
    return chunk.toString();
  };

  /** `once` would reject on the error that comes first. */
  const closed = (client: Socket): Promise<void> => new Promise((resolve) => client.once('close', () => resolve()));

  it('passes everything on, later when told so', async () => {
    const client = await dial();
    expect(await ask(client, 'a')).toBe('echo a');
    proxy.delay(40);
    const start = performance.now();
    expect(await ask(client, 'b')).toBe('echo b');
    expect(performance.now() - start).toBeGreaterThan(70);
  });

  it('holds up what comes while it is stalled and passes it on afterwards', async () => {
    const client = await dial();
    await ask(client, 'a');
    proxy.stall();
    const answered = ask(client, 'b');
    const another = await dial();
    await new Promise(setImmediate);
    expect(received).toBe('a');
    proxy.flow();
    expect(await answered).toBe('echo b');
    expect(await ask(another, 'c')).toBe('echo c');
  });

  it('cuts and refuses connections', async () => {
    const client = await dial();
    await ask(client, 'a');
    proxy.cut();
    await closed(client);
    proxy.refuse();
    await closed(dialing());
    proxy.flow();
    expect(await ask(await dial(), 'b')).toBe('echo b');
  });

  it.each([
    ['passed', 'a-secret-'],
    ['dropped', 'a'],
  ] as const)('cuts once when certain bytes were sent, and these are %s', async (fate, seen) => {
    const client = await dial();
    await ask(client, 'a');
    const happened = proxy.cutWhenSent('secret', fate);
    client.write('-secret-');
    await Promise.all([happened, closed(client)]);
    expect(received).toBe(seen);
    expect(await ask(await dial(), 'secret')).toBe('echo secret');
  });
});
