import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A TCP link between a process under test and a server, which can be made bad. */
export interface TcpProxy {
  /** Where to connect instead of to the server, on 127.0.0.1. */
  readonly port: number;
  /** Nothing passes any more in either direction and no connection ends, also new ones: as behind a firewall that drops packets. */
  stall(): void;
  /** From now on everything arrives this much later, in both directions. 0: at once. */
  delay(delayMs: number): void;
  /** Ends all connections with a reset. New ones are taken. */
  cut(): void;
  /** New connections are reset at once, as those that are open; until `flow`. */
  refuse(): void;
  /** Everything passes again, what had been held up first. */
  flow(): void;
  /**
   * Waits for bytes from a client that contain `text`, and resets that client's connection then: after they were passed on (`'passed'`: the
   * server acts on them and its answer is lost) or before (`'dropped'`: the server never sees them). Happens once.
   * @returns resolves when it has happened, and with `'passed'` when the server has answered into the void.
   */
  cutWhenSent(text: string, fate: 'passed' | 'dropped'): Promise<void>;
  /** How many connections are open. */
  connections(): number;
  close(): Promise<void>;
}

interface Trap {
  readonly text: string;
  readonly fate: 'passed' | 'dropped';
  readonly done: () => void;
}

/**
 * @example
 * const proxy = await startTcpProxy({ port: 3306 });
 * await connectTo(`mysql://root@127.0.0.1:${proxy.port}/db`);
 * proxy.stall();
 */
export const startTcpProxy = async (target: { readonly host?: string; readonly port: number }): Promise<TcpProxy> => {
  const links = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let mode: 'flow' | 'stall' | 'refuse' = 'flow';
  let delayMs = 0;
  let trap: Trap | undefined;

  const pass = (chunk: Buffer, to: Socket): void => {
    if (delayMs === 0) return void to.write(chunk);
    // Timers of the same delay fire in order.
    setTimeout(() => to.writable && to.write(chunk), delayMs);
  };
  /** @returns true when the bytes were meant for the trap. */
  const springs = (chunk: Buffer, client: Socket, server: Socket): boolean => {
    if (!trap || !chunk.includes(trap.text)) return false;
    const { fate, done } = trap;
    trap = undefined;
    server.removeAllListeners('data');
    if (fate === 'passed') {
      server.once('data', () => {
        server.destroy();
        done();
      });
      server.write(chunk);
      client.resetAndDestroy();
      return true;
    }
    client.resetAndDestroy();
    server.destroy();
    done();
    return true;
  };

  const listener = createServer((client) => {
    if (mode === 'refuse') return void client.resetAndDestroy();
    const server = connect(target.port, target.host ?? '127.0.0.1');
    const link = { client, server };
    links.add(link);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => {
        if (from === client && springs(chunk, client, server)) return;
        pass(chunk, to);
      });
      from.on('error', () => to.destroy());
      from.on('end', () => to.end());
    }
    client.on('close', () => links.delete(link));
    if (mode === 'stall') hold(link);
  });
  const hold = ({ client, server }: { readonly client: Socket; readonly server: Socket }): void => {
    client.pause();
    server.pause();
  };
  const cut = (): void => {
    for (const { client, server } of links) {
      client.resetAndDestroy();
      server.destroy();
    }
  };

  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    stall: () => {
      mode = 'stall';
      links.forEach(hold);
    },
    delay: (ms) => void (delayMs = ms),
    cut,
    refuse: () => {
      mode = 'refuse';
      cut();
    },
    flow: () => {
      mode = 'flow';
      for (const { client, server } of links) {
        client.resume();
        server.resume();
      }
    },
    cutWhenSent: (text, fate) => new Promise<void>((done) => (trap = { text, fate, done })),
    connections: () => links.size,
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      cut();
      await closed;
    },
  };
};
