import { createServer, type AddressInfo } from 'node:net';
import { DatabaseUnavailable } from '@thuban/event-sourcing';
import { describeWithStack, startStack, startTcpProxy, type Stack } from '@thuban/testing';
import { createConnection } from 'mysql2/promise';
import { NOTE_COLUMNS, noteEntities, noteTables, type Note } from './fixtures/notes.js';
import { rowsSuite } from './fixtures/rows-suite.js';
import type { Migration } from './migrations.js';
import { openDatabase, type ReadModelDatabase, type ReadModelTx } from './index.js';

const START_MS = 120_000;

const openNotes = (mysqlUrl: string, migrations: readonly Migration[] = [noteTables], service = 'notes') =>
  openDatabase({ mysqlUrl, service, entities: noteEntities, migrations });

const writeNote = (tx: ReadModelTx, id: string, value: string): Promise<void> =>
  tx.upsert('note', NOTE_COLUMNS, ['id'], [[id, value, false]]);

const onServer = async (url: string, ...statements: readonly string[]): Promise<void> => {
  const connection = await createConnection(url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
};

/** Resolves once `work` does, which fails while the database is away. */
const eventually = async <R>(work: () => Promise<R>): Promise<R> => {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
    }
  }
};

describeWithStack(['mysql'], 'read models in MySQL', () => {
  let stack: Stack;
  let url: string;
  beforeAll(async () => (stack = await startStack(['mysql'])), START_MS);
  afterAll(() => stack.stop());
  beforeEach(async () => (url = await stack.freshDatabase()));

  rowsSuite('MySQL', (migrations) => openNotes(url, migrations));

  describe('transactions', () => {
    let database: ReadModelDatabase;
    beforeEach(async () => {
      database = await openNotes(url);
    });
    afterEach(() => database.close());

    it('run beside each other and beside reads', async () => {
      await database.transaction(async (tx) => {
        await writeNote(tx, 'a', '1');
        await database.transaction((other) => writeNote(other, 'b', '2'));
        expect(await database.query('SELECT id FROM note')).toEqual([{ id: 'b' }]);
      });
      expect(await database.query('SELECT id FROM note ORDER BY id')).toEqual([{ id: 'a' }, { id: 'b' }]);
    });

    it('that wait for each other: one is told to try again, the other commits', async () => {
      await database.transaction(async (tx) => {
        await writeNote(tx, 'a', '');
        await writeNote(tx, 'b', '');
      });
      let met = 0;
      let meet = (): void => undefined;
      const both = new Promise<void>((resolve) => (meet = resolve));
      const crossing = (value: string, first: string, second: string): Promise<void> =>
        database.transaction(async (tx) => {
          await writeNote(tx, first, value);
          if (++met === 2) meet();
          await both;
          await writeNote(tx, second, value);
        });
      const outcomes = await Promise.allSettled([crossing('1', 'a', 'b'), crossing('2', 'b', 'a')]);
      const lost = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(lost.reason).toBeInstanceOf(DatabaseUnavailable);
      const values = await database.query<Note>('SELECT DISTINCT value FROM note');
      expect(values).toEqual([{ value: outcomes[0].status === 'fulfilled' ? '1' : '2' }]);
    });

    it('wait for a lock of somebody else for some seconds and not for ever', async () => {
      const other = await createConnection(url);
      await other.query('START TRANSACTION');
      await other.query(`INSERT INTO note VALUES ('a', 'theirs', 0)`);
      const since = performance.now();
      await expect(database.transaction((tx) => writeNote(tx, 'a', 'mine'))).rejects.toBeInstanceOf(
        DatabaseUnavailable,
      );
      expect(performance.now() - since).toBeLessThan(8_000);
      await other.query('ROLLBACK');
      await other.end();
      await database.transaction((tx) => writeNote(tx, 'a', 'mine'));
      expect(await database.query('SELECT value FROM note')).toEqual([{ value: 'mine' }]);
    }, 20_000);

    it('refuse a value that does not fit, instead of cutting it, and say that it is the value', async () => {
      const failing = database.transaction((tx) => writeNote(tx, 'x'.repeat(65), 'long'));
      await expect(failing).rejects.toMatchObject({ code: 'ER_DATA_TOO_LONG' });
      expect(await database.query('SELECT id FROM note')).toEqual([]);
    });
  });

  it('are tables of one service each, and shared ones, made once by processes that start at once', async () => {
    const ran: string[] = [];
    const steps = (service: string): Migration[] => [
      noteTables,
      { name: `${service}/counted-1764028800002`, up: async () => void ran.push(service) },
    ];
    const opened = await Promise.all(['one', 'one', 'two-x', 'two-x', 'one'].map((s) => openNotes(url, steps(s), s)));
    expect(ran.sort()).toEqual(['one', 'two-x']);
    const tables = await opened[0]!.query<Record<string, string>>('SHOW TABLES');
    expect(tables.flatMap((row) => Object.values(row)).sort()).toEqual([
      ...['checkpoint', 'lease', 'migrations_one', 'migrations_shared', 'migrations_two_x', 'note', 'pair'],
      ...['parked', 'projection_slot'],
    ]);
    await Promise.all(opened.map((database) => database.close()));
  });

  describe('are refused in one sentence', () => {
    const refusal = async (mysqlUrl: string): Promise<string> => {
      const error = await openNotes(mysqlUrl).then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error).toMatchObject({ name: 'DatabaseRefused' });
      expect(error?.message).not.toMatch(/\n|s3cret/);
      return error?.message ?? '';
    };
    const at = (change: (url: URL) => void): string => {
      const changed = new URL(url);
      change(changed);
      return changed.href;
    };

    it.each([
      '',
      'localhost',
      'http://localhost/db',
      'mysql://root:s3cret@localhost',
      'mysql://root:s3cret@localhost/a/b',
    ])('when the URL is "%s"', async (text) =>
      expect(await refusal(text)).toMatch(/^the MySQL URL .*mysql:\/\/user:password@host:port\/database/),
    );

    it('when nobody listens, when nobody answers, when it is not MySQL that answers', async () => {
      expect(await refusal(at((u) => (u.port = '1')))).toMatch(
        /cannot be reached \(.*ECONNREFUSED.*\); start it, or correct the URL$/,
      );
      for (const greeting of ['', 'HTTP/1.1 400 Bad Request\r\n\r\n']) {
        const server = createServer((socket) => void (greeting && socket.end(greeting)));
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        expect(await refusal(at((u) => (u.port = String(port))))).toMatch(
          /^MySQL at \S+ cannot be reached \(.+\); start it/,
        );
        server.close();
      }
    }, 30_000);

    it('when the password is wrong, the database is not there, or the user may not make tables', async () => {
      const { hostname, pathname } = new URL(url);
      const name = pathname.slice(1);
      const user = `u_${name}`.slice(0, 32);
      await onServer(
        url,
        `CREATE USER '${user}'@'${hostname}' IDENTIFIED BY 's3cret'`,
        `GRANT SELECT ON ${name}.* TO '${user}'@'${hostname}'`,
      );
      const as = (password: string, database = name): string =>
        at((u) => Object.assign(u, { username: user, password, pathname: `/${database}` }));
      expect(await refusal(as('s3cret2'))).toMatch(
        new RegExp(`does not let the user "${user}" in .*; correct the user or the password$`),
      );
      expect(await refusal(as('s3cret'))).toMatch(
        new RegExp(`^the user "${user}" may not do .*; GRANT ALL on \`${name}\`\\.\\* to it$`),
      );
      expect(await refusal(as('s3cret', 'elsewhere'))).toMatch(/GRANT ALL|has no database "elsewhere"/);
      expect(await refusal(at((u) => (u.pathname = '/elsewhere')))).toMatch(
        /has no database "elsewhere"; create it, or correct the URL$/,
      );
      await onServer(url, `DROP USER '${user}'@'${hostname}'`);
    });
  });

  it('fail in time over a link that has stalled, and go on when it flows again', async () => {
    const proxy = await startTcpProxy({ port: Number(new URL(url).port) });
    const through = new URL(url);
    through.port = String(proxy.port);
    const database = await openNotes(through.href);
    await database.transaction((tx) => writeNote(tx, 'a', '1'));
    proxy.stall();
    const since = performance.now();
    await expect(database.transaction((tx) => writeNote(tx, 'a', '2'))).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(performance.now() - since).toBeLessThan(25_000);
    proxy.flow();
    await eventually(() => database.transaction((tx) => writeNote(tx, 'a', '3')));
    expect(await database.query('SELECT value FROM note')).toEqual([{ value: '3' }]);
    await database.close();
    await proxy.close();
  }, 60_000);
});

describeWithStack(['mysql'], 'read models in a MySQL that is killed', () => {
  let stack: Stack;
  beforeAll(async () => (stack = await startStack(['mysql'], { own: true })), START_MS);
  afterAll(() => stack.stop());

  it(
    'have all that was committed, and go on by themselves when it is back',
    async () => {
      const stack = await startStack(['mysql'], { own: true });
      const database = await openNotes(await stack.freshDatabase());
      await database.transaction((tx) => writeNote(tx, 'a', 'committed'));
      await expect(
        database.transaction(async (tx) => {
          await writeNote(tx, 'b', 'not committed');
          await stack.order('kill', 'mysql');
          await tx.query('SELECT 1');
        }),
      ).rejects.toBeInstanceOf(DatabaseUnavailable);
      await expect(database.query('SELECT 1')).rejects.toBeInstanceOf(DatabaseUnavailable);
      await expect(database.lease('rows', 'me', 1000)).rejects.toBeInstanceOf(DatabaseUnavailable);
      await stack.order('start', 'mysql');
      expect(await eventually(() => database.query('SELECT value FROM note'))).toEqual([{ value: 'committed' }]);
      await database.transaction((tx) => writeNote(tx, 'b', 'later'));
      await database.close();
      await stack.stop();
    },
    START_MS,
  );
});
