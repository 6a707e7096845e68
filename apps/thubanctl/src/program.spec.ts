import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { captureIo } from './capture-io.js';
import { serverOf } from './commands/context.js';
import { buildProgram, run } from './program.js';
import type { Command } from 'commander';

const runHere = async (...args: readonly string[]) => {
  const io = captureIo();
  return { code: await run(args, io), out: io.outText(), err: io.errText() };
};

/** A port that nobody listens on: the system gave it out a moment ago and it was closed. */
const closedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const leaves = (command: Command, path: readonly string[] = []): readonly (readonly string[])[] =>
  command.commands.length === 0 ? [path] : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));

describe('exit codes', () => {
  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['get', 'instances', '-o', 'xml'], 'Allowed choices are table, wide, json, yaml, name'],
    [['register', 'echo', '127.0.0.1:1'], 'namespace/service'],
    [['register', 'default/echo', '127.0.0.1'], 'host:port'],
    [['register', 'default/echo', '127.0.0.1:1', '--weight', '-1'], 'whole number from 0 to 65535'],
    [['register', 'default/echo', '127.0.0.1:1', '--meta', 'x'], 'key=value'],
    [['deregister', 'default/echo'], 'host:port, or --id'],
    [['bootstrap', 'envoy'], "required option '--node <id>' not specified"],
    [['bootstrap', 'envoy', '--node', 'web'], 'namespace/name'],
    [['status', '--server', 'http://['], 'no server address'],
  ])('2 and nothing on stdout for %j', async (args, message) => {
    const { code, out, err } = await runHere(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it('5 when no server answers, with the sentence that says how to start one', async () => {
    const server = `127.0.0.1:${await closedPort()}`;
    for (const args of [
      ['status'],
      ['get', 'services'],
      ['events'],
      ['events', '--follow'],
      ['register', 'a/b', '127.0.0.1:1'],
    ]) {
      const { code, out, err } = await runHere('--server', server, ...args);
      expect({ args, code, out }).toEqual({ args, code: 5, out: '' });
      expect(err).toBe(
        `thubanctl: No Thuban answers at http://${server} (connection refused). ` +
          'Start one with `npm start`, or name another with --server or THUBANCTL_SERVER.\n',
      );
    }
  });
});

describe('help', () => {
  it.each(leaves(buildProgram(captureIo())).map((path) => path.join(' ')))(
    'of %s is on stdout, ends with 0 and has examples',
    async (path) => {
      const { code, out, err } = await runHere(...path.split(' '), '--help');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`Examples:\n  $ thubanctl ${path}`);
    },
  );

  it('prints the version for -V and for a lone --version', async () => {
    expect((await runHere('-V')).out).toBe('0.1.0\n');
    expect(await runHere('--version')).toEqual({ code: 0, out: '0.1.0\n', err: '' });
  });
});

describe('the server address', () => {
  it.each([
    [{}, {}, 'http://127.0.0.1:8090'],
    [{}, { THUBANCTL_SERVER: 'thuban:8190' }, 'http://thuban:8190'],
    [{ server: 'https://thuban/' }, { THUBANCTL_SERVER: 'thuban:8190' }, 'https://thuban'],
    [{}, { THUBANCTL_SERVER: '' }, 'http://127.0.0.1:8090'],
  ])('of %j and %j is %s', (options, env, expected) => {
    expect(serverOf(options, env)).toBe(expected);
  });
});
