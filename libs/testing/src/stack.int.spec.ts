import { existsSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describeWithStack, startStack, type Stack } from './stack.js';

const START_MS = 120_000;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const rowsOf = async (url: string, ...statements: readonly string[]): Promise<readonly RowDataPacket[]> => {
  const connection = await createConnection(url);
  try {
    let rows: readonly RowDataPacket[] = [];
    for (const statement of statements) rows = (await connection.query<RowDataPacket[]>(statement))[0];
    return rows;
  } finally {
    await connection.end();
  }
};

const topicsOf = async (brokers: readonly string[], create: readonly string[] = []): Promise<readonly string[]> => {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const topics = create.map((topic) => ({ topic, numPartitions: 2 }));
    if (topics.length > 0) await admin.createTopics({ topics, waitForLeaders: true });
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
};

describeWithStack(['mysql'], 'a stack that specs share', () => {
  it(
    'gives each spec a database of its own and drops it at the end',
    async () => {
      const stack = await startStack(['mysql']);
      const urls = [await stack.freshDatabase(), await stack.freshDatabase()];
      const names = await Promise.all(urls.map((url) => rowsOf(url, 'SELECT DATABASE() AS name')));
      expect(new Set(names.map(([row]) => row?.['name'] as string)).size).toBe(2);
      await stack.stop();
      await expect(rowsOf(urls[0]!, 'SELECT 1')).rejects.toThrow();
    },
    START_MS,
  );
});

describeWithStack(['mysql', 'kafka'], 'a stack of its own', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack(['mysql', 'kafka'], { own: true });
  }, START_MS);
  afterAll(() => stack.stop());

  it('runs MySQL as the cluster needs it: binlog on, every commit synced, binary order of text', async () => {
    const url = await stack.freshDatabase();
    const query = 'SELECT @@log_bin, @@sync_binlog, @@innodb_flush_log_at_trx_commit, @@collation_database';
    const [row] = await rowsOf(url, query);
    expect(Object.values(row!)).toEqual([1, 1, 1, 'utf8mb4_bin']);
  });

  it(
    'keeps the data of a server that is killed and started again, on the same port',
    async () => {
      const url = await stack.freshDatabase();
      await rowsOf(url, 'CREATE TABLE note (id INT PRIMARY KEY)', 'INSERT INTO note VALUES (7)');
      expect(await stack.order('kill', 'mysql')).toBeUndefined();
      await expect(rowsOf(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
      expect(await stack.order('start', 'mysql')).toBeGreaterThan(0);
      expect(await rowsOf(url, 'SELECT id FROM note')).toEqual([{ id: 7 }]);
    },
    START_MS,
  );

  it(
    'gives an empty broker after a wipe, and wipes none that runs',
    async () => {
      const prefix = stack.freshPrefix();
      expect(await topicsOf(stack.kafkaBrokers, [prefix])).toContain(prefix);
      await expect(stack.order('wipe', 'kafka')).rejects.toThrow(
        'wipe kafka: Kafka runs: stop it before its data is deleted.',
      );
      for (const order of ['stop', 'start'] as const) await stack.order(order, 'kafka');
      expect(await topicsOf(stack.kafkaBrokers)).toContain(prefix);
      for (const order of ['stop', 'wipe', 'start'] as const) await stack.order(order, 'kafka');
      expect(await topicsOf(stack.kafkaBrokers)).toEqual([]);
    },
    START_MS,
  );

  it(
    'leaves nothing behind',
    async () => {
      const other = await startStack(['mysql'], { own: true });
      expect(isAlive(other.pids.mysql!)).toBe(true);
      expect(existsSync(other.dataDir)).toBe(true);
      expect(() => other.kafkaBrokers).toThrow('this stack was started without Kafka');
      await other.stop();
      expect(isAlive(other.pids.mysql!)).toBe(false);
      expect(existsSync(other.dataDir)).toBe(false);
    },
    START_MS,
  );
});
