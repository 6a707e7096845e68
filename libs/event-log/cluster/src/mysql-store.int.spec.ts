import { createConnection, type Connection } from 'mysql2/promise';
import { CheckpointMismatch, LogUnavailable } from '@thuban/event-sourcing';
import {
  CONTRACT_SHARDS,
  describeWithStack,
  everythingIn,
  someCommit,
  someWrite,
  startStack,
  startTcpProxy,
  type Stack,
} from '@thuban/testing';
import { openTestStore, type TestStore } from './fixtures/store.js';
import { DatabaseUnreachable, DurabilityRefused, NewerDatabase, StoreCorrupt, StoreRefused } from './errors.js';

const never = new AbortController().signal;

describeWithStack(['mysql'], 'a store in MySQL', () => {
  let stack: Stack;
  let root: Connection;
  let url: string;
  const stores: TestStore[] = [];
  /** A stack of its own: it changes settings of the server. */
  beforeAll(async () => {
    stack = await startStack(['mysql'], { own: true });
    root = await createConnection(stack.mysqlUrl);
  }, 120_000);
  afterAll(async () => {
    await root.end();
    await stack.stop();
  });
  beforeEach(async () => {
    url = await stack.freshDatabase();
    await root.query(`USE ${new URL(url).pathname.slice(1)}`);
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  const open = async (mysqlUrl = url): Promise<TestStore> => {
    const store = await openTestStore(mysqlUrl);
    stores.push(store);
    return store;
  };
  const openLog = async (mysqlUrl = url) => (await (await open(mysqlUrl)).log('test', CONTRACT_SHARDS)).log;
  const changed = (change: (to: URL) => void): string => {
    const to = new URL(url);
    change(to);
    return to.href;
  };
  const expectRefused = async (
    mysqlUrl: string,
    error: new (...args: never[]) => Error,
    sentence: RegExp,
  ): Promise<void> => {
    const refused = await open(mysqlUrl).catch((reason: unknown) => reason);
    expect(refused).toBeInstanceOf(error);
    expect((refused as Error).message).toMatch(sentence);
    expect((refused as Error).message).not.toMatch(/secret|\n/);
  };

  describe('is opened', () => {
    it('by several processes at once, which agree on the tables and on the id of a log', async () => {
      const logs = await Promise.all(Array.from({ length: 6 }, () => openLog()));
      expect(new Set(logs.map(({ id }) => id)).size).toBe(1);
      await logs[0]?.append(someCommit(someWrite(0, 0)));
      expect((await logs[5]?.tips())?.[0]?.seq).toBe(1);
    });

    it('with the rights to read and insert alone, once the tables are there', async () => {
      await openLog();
      const database = new URL(url).pathname.slice(1);
      await root.query(`CREATE OR REPLACE USER 'thuban'@'%' IDENTIFIED BY 'secret''s \\\\ word'`);
      await root.query(`GRANT SELECT, INSERT ON ${database}.* TO 'thuban'@'%'`);
      const log = await openLog(
        changed((to) => {
          to.username = 'thuban';
          to.password = encodeURIComponent("secret's \\ word");
        }),
      );
      await log.append(someCommit(someWrite(0, 0)));
    });

    it('keeps logs apart, and gives the same one for each call', async () => {
      const store = await open();
      const [registry, rules] = [await store.log('registry', 4), await store.log('rules', 1)];
      await registry.log.append(someCommit(someWrite(0, 0, 2)));
      await rules.log.append(someCommit(someWrite(0, 0, 3)));
      expect((await everythingIn(rules.log)).flat()).toHaveLength(3);
      expect((await store.log('registry', 4)).log).toBe(registry.log);
      expect(registry.log.id).not.toBe(rules.log.id);
    });
  });

  describe('refuses with one sentence', () => {
    it.each([
      ['http://127.0.0.1/x'],
      ['mysql:///x'],
      ['mysql//user:secret@h/x'],
      ['mysql://user:secret@127.0.0.1:3306'],
      [''],
    ])('the URL %j', (text) => expectRefused(text, StoreRefused, /mysql:\/\/user:password@host:port\/database/));

    it('a server that is not there', async () => {
      const proxy = await startTcpProxy({ port: 1 });
      await proxy.close();
      const elsewhere = changed((to) => void (to.port = String(proxy.port)));
      await expectRefused(
        elsewhere,
        DatabaseUnreachable,
        /^MySQL at mysql:\/\/root@127\.0\.0\.1:\d+\/t\w+ cannot be reached \(.*ECONNREFUSED.*\); start it/,
      );
    });

    it('a server that does not answer, within some seconds', async () => {
      const proxy = await startTcpProxy({ port: Number(new URL(url).port) });
      proxy.stall();
      const startMs = performance.now();
      await expectRefused(
        changed((to) => void (to.port = String(proxy.port))),
        DatabaseUnreachable,
        /cannot be reached/,
      );
      expect(performance.now() - startMs).toBeLessThan(5000);
      await proxy.close();
    });

    it('a user, a password and a database that are wrong', async () => {
      await root.query(`CREATE OR REPLACE USER 'somebody'@'%' IDENTIFIED BY 'another'`);
      const as = (user: string, password: string) =>
        changed((to) => {
          to.username = user;
          to.password = password;
        });
      await expectRefused(as('somebody', 'secret'), StoreRefused, /does not let the user "somebody" in/);
      await expectRefused(as('nobody', 'secret'), StoreRefused, /does not let the user "nobody" in/);
      await expectRefused(as('somebody', 'another'), StoreRefused, /user "somebody" may not do .* GRANT ALL/);
      await expectRefused(
        changed((to) => void (to.pathname = '/nowhere')),
        StoreRefused,
        /has no database "nowhere"; create it/,
      );
    });

    it('a user without the right to create tables, when they are missing', async () => {
      const database = new URL(url).pathname.slice(1);
      await root.query(`CREATE OR REPLACE USER 'reader'@'%' IDENTIFIED BY 'secret'`);
      await root.query(`GRANT SELECT, INSERT ON ${database}.* TO 'reader'@'%'`);
      const asReader = changed((to) => {
        to.username = 'reader';
        to.password = 'secret';
      });
      await expectRefused(asReader, StoreRefused, /may not do what the store needs .*CREATE.* GRANT ALL/);
    });

    it('tables of a newer release, another number of shards, and events without their log (INV-4)', async () => {
      const log = await openLog();
      await log.append(someCommit(someWrite(0, 0)));
      await expect((await open()).log('test', 5)).rejects.toThrow(/has 4 shards, not 5/);
      await root.query('DELETE FROM `log`');
      await expect((await open()).log('test', 4)).rejects.toThrow(StoreCorrupt);
      await root.query('INSERT INTO event_log_schema VALUES (2)');
      await expectRefused(url, NewerDatabase, /has format 2, this release knows format 1; use the newer release/);
    });

    it.each([
      ['innodb_flush_log_at_trx_commit', '2', '1', /innodb_flush_log_at_trx_commit = 2.*set it to 1/],
      ['sync_binlog', '0', '1', /sync_binlog = 0.*set it to 1/],
      ['read_only', '1', '0', /is read-only, as a replica is; give the address of the primary/],
      ['max_allowed_packet', '1048576', '16777216', /max_allowed_packet = 1048576, too little/],
    ])('%s = %s', async (name, bad, good, sentence) => {
      await root.query(`SET GLOBAL ${name} = ${bad}`);
      try {
        await expectRefused(url, name === 'max_allowed_packet' ? StoreRefused : DurabilityRefused, sentence);
      } finally {
        await root.query(`SET GLOBAL ${name} = ${good}`);
      }
    });
  });

  describe('does not go on', () => {
    it('after a connection that was made again shows that durability was switched off, until it is on again', async () => {
      const log = await openLog();
      await log.append(someCommit(someWrite(0, 0)));
      await root.query('SET GLOBAL sync_binlog = 0');
      await stack.order('kill', 'mysql');
      await stack.order('start', 'mysql');
      root = await createConnection(url);
      await root.query('SET GLOBAL innodb_flush_log_at_trx_commit = 0');
      await expect(log.append(someCommit(someWrite(0, 1)))).rejects.toThrow(/innodb_flush_log_at_trx_commit = 0/);
      await root.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1');
      await new Promise((resolve) => setTimeout(resolve, 250));
      await log.append(someCommit(someWrite(0, 1)));
    }, 30_000);

    it('when the server turns read-only: it answers quickly that the store cannot be used', async () => {
      await openLog();
      const database = new URL(url).pathname.slice(1);
      await root.query(`CREATE OR REPLACE USER 'plain'@'%' IDENTIFIED BY 'p'`);
      await root.query(`GRANT SELECT, INSERT ON ${database}.* TO 'plain'@'%'`);
      const log = await openLog(
        changed((to) => {
          to.username = 'plain';
          to.password = 'p';
        }),
      );
      await root.query('SET GLOBAL read_only = 1');
      try {
        const appending = log.append(someCommit(someWrite(0, 0)));
        await expect(appending).rejects.toBeInstanceOf(LogUnavailable);
        await expect(appending).rejects.toThrow(/read.only/);
      } finally {
        await root.query('SET GLOBAL read_only = 0');
      }
      await log.append(someCommit(someWrite(0, 0)));
    });

    it('behind the end of a restored backup, which would leave a gap (INV-3, INV-5)', async () => {
      const log = await openLog();
      await log.append(someCommit(someWrite(0, 0, 5)));
      const checkpoint = { logId: log.id, tips: await log.tips() };
      await root.query('DELETE FROM event WHERE seq > 3');
      await expect(log.tips()).rejects.toThrow(/went back, as after a restored backup/);
      const again = await openLog();
      const batches = again.subscribe(checkpoint, never)[Symbol.asyncIterator]();
      await expect(batches.next()).rejects.toBeInstanceOf(CheckpointMismatch);
    });

    it('over an event that was changed or is missing (INV-4)', async () => {
      const log = await openLog();
      await log.append(someCommit(someWrite(0, 0, 20), someWrite(1, 0, 20)));
      await root.query(`UPDATE event SET body = REPLACE(body, '0-7', '0-9') WHERE shard = 0 AND seq = 7`);
      await root.query('DELETE FROM event WHERE shard = 1 AND seq = 9');
      await expect(log.read(0, 5, 10)).rejects.toThrow(/event 7 of shard 0 .* does not fit the hash chain/);
      await expect(log.read(1, 9, 10)).rejects.toThrow(/event 9 of shard 1 .* is missing/);
      await expect(log.read(1, 5, 10)).rejects.toThrow(/event 9 of shard 1 .* is missing/);
      await expect(log.read(1, 10, 10)).rejects.toThrow(/event 9 of shard 1 .* is missing/);
      const batches = log.subscribe(undefined, never)[Symbol.asyncIterator]();
      await expect(batches.next()).rejects.toBeInstanceOf(StoreCorrupt);
    });
  });

  it('takes a commit as large as a group may be, and reads it in bounded pieces', async () => {
    const log = await openLog();
    const text = '\u4e2d'.repeat(280_000);
    const events = Array.from({ length: 15 }, (_, nth) => ({
      ...{ stream: `instance/'\\"/${nth}`, meta: { actor: "o'brien", requestId: '\u0000' } },
      event: { type: 'T', data: { text } },
    }));
    await log.append(someCommit({ shard: 0, expectedSeq: 0, events }));
    const first = await log.read(0, 1, 1000);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(18);
    expect(first[0]).toMatchObject({ stream: 'instance/\'\\"/0', meta: { actor: "o'brien", requestId: '\u0000' } });
    expect((await everythingIn(log))[0]?.map(({ data }) => (data as { text: string }).text === text)).toEqual(
      events.map(() => true),
    );
  });

  it('refuses a commit that the server could not take, and goes on', async () => {
    await root.query(`SET GLOBAL max_allowed_packet = ${16 * 1024 * 1024}`);
    const log = await openLog();
    const event = (length: number) => ({
      ...{ stream: 's', meta: { actor: 'a', requestId: 'r' } },
      event: { type: 'T', data: { text: 'x'.repeat(length) } },
    });
    const commit = someCommit({ shard: 0, expectedSeq: 0, events: [event(9_000_000), event(9_000_000)] });
    await expect(log.append(commit)).rejects.toThrow(/max_allowed_packet/);
    await log.append(someCommit(someWrite(0, 0)));
  });
});
