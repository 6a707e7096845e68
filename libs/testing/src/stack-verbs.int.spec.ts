import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeWithStack } from './stack.js';

const PROGRAM = resolve(__dirname, '../../../tools/stack/stack.mjs');
const USUAL_PORT = 13_306;
const TIMEOUT_MS = 120_000;

/** An offset at which MySQL's port is free at the moment. */
const freeOffset = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port - USUAL_PORT;
};

describeWithStack(['mysql'], 'the verbs of tools/stack', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'thuban-verbs-'));
  let offset: number;
  const stack = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args, '--data-dir', dataDir], {
      encoding: 'utf8',
    });
    return { code: status, output: stdout + stderr };
  };
  const mysql = (verb: string, at = offset) => stack(verb, '--only', 'mysql', `--port-offset=${at}`);

  beforeAll(async () => {
    offset = await freeOffset();
  });
  afterAll(() => {
    mysql('down');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it(
    'up answers when it is ready, and starts nothing twice',
    () => {
      const url = `mysql://root@127.0.0.1:${USUAL_PORT + offset}`;
      expect(mysql('up')).toMatchObject({ code: 0, output: expect.stringMatching(`MariaDB is ready .*: ${url}`) });
      expect(mysql('up')).toEqual({ code: 0, output: `MariaDB runs already: ${url}\n` });
      expect(mysql('status')).toMatchObject({ code: 0, output: expect.stringContaining(`ready, pid`) });
    },
    TIMEOUT_MS,
  );

  it('up refuses to move a stack that runs to other ports', () => {
    const { code, output } = mysql('up', offset - 1);
    expect(code).toBe(1);
    expect(output).toBe(
      `In ${dataDir} runs a stack with --port-offset ${offset}; stop it first, or name another --data-dir.\n`,
    );
  });

  it(
    'down stops it and keeps the data, and status says so with its exit code',
    () => {
      expect(mysql('down')).toEqual({ code: 0, output: 'MariaDB is stopped.\n' });
      expect(existsSync(join(dataDir, 'mysql/data'))).toBe(true);
      expect(mysql('status')).toMatchObject({ code: 1, output: expect.stringContaining('does not run') });
      expect(mysql('down')).toEqual({ code: 0, output: '' });
    },
    TIMEOUT_MS,
  );

  it(
    'up says why a part does not start, with the end of its log',
    async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(USUAL_PORT + offset, '127.0.0.1', done));
      const { code, output } = mysql('up');
      await new Promise((done) => server.close(done));
      expect(code).toBe(1);
      expect(output).toMatch(/^MariaDB: it ended with 1\. Its log ends:\n[^]*Address already in use/);
    },
    TIMEOUT_MS,
  );

  it('logs prints what a part wrote', () => {
    expect(stack('logs', 'mysql').output).toContain('ready for connections');
  });

  it(
    'wipe deletes the data and nothing that is not its own',
    () => {
      writeFileSync(join(dataDir, 'notes.txt'), 'mine');
      expect(mysql('up').code).toBe(0);
      expect(stack('wipe', `--port-offset=${offset}`)).toEqual({ code: 0, output: 'MariaDB is stopped.\n' });
      expect(readdirSync(dataDir)).toEqual(['notes.txt']);
    },
    TIMEOUT_MS,
  );

  it(
    'refuses what it does not understand, with the usage',
    () => {
      for (const args of [
        ['dance'],
        ['up', '--only', 'oracle'],
        ['up', '--port-offset=x'],
        ['up', '--colour'],
        ['up', 'a', 'b'],
      ])
        expect(stack(...args)).toMatchObject({
          code: 2,
          output: expect.stringContaining('Usage: node tools/stack/stack.mjs'),
        });
      expect(mysql('up', 60_000)).toEqual({
        code: 1,
        output: '--port-offset 60000 puts the port of mysql at 73306, which does not exist.\n',
      });
    },
    TIMEOUT_MS,
  );
});
