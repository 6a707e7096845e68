import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chainHash, GENESIS_HASH } from '@thuban/event-sourcing';
import { REGISTRY_SHARDS, shardOf } from '@thuban/events';
import { loadConfig } from '@thuban/nest';
import { describeWithStack, startStack, type Stack } from '@thuban/testing';
import { Kafka, logLevel } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { eventually } from './fixtures/eventually.js';
import { startTestRegistry, type TestRegistry } from './fixtures/test-registry.js';
import { SETTINGS } from './settings.js';
import { startAudit, type Audit } from './start-audit.js';

const START_MS = 180_000;
const TEST_MS = 90_000;

describeWithStack(['mysql', 'kafka'], 'the audit', () => {
  let stack: Stack;
  let mysqlUrl: string;
  let prefix: string;
  let folder: string;
  let registry: TestRegistry;
  const audits: Audit[] = [];

  beforeAll(async () => void (stack = await startStack(['mysql', 'kafka'])), START_MS);
  afterAll(() => stack?.stop());
  beforeEach(async () => {
    prefix = stack.freshPrefix();
    folder = mkdtempSync(join(tmpdir(), 'thuban-audit-'));
    mysqlUrl = await stack.freshDatabase();
    registry = await startTestRegistry(mysqlUrl, { brokers: stack.kafkaBrokers, topicPrefix: prefix });
  }, START_MS);
  afterEach(async () => {
    for (const audit of audits.splice(0)) await audit.close();
    await registry.stop();
    rmSync(folder, { recursive: true });
  }, START_MS);

  const start = async (more: readonly string[] = [], directory = folder): Promise<Audit> => {
    const argv = [
      `--data-dir=${directory}`,
      `--kafka-brokers=${stack.kafkaBrokers.join(',')}`,
      `--kafka-topic-prefix=${prefix}`,
      `--registry-url=${registry.url}`,
      '--http-port=0',
      '--log-level=silent',
      ...more,
    ];
    const config = loadConfig(SETTINGS, { argv, env: {}, file: 'none.yaml' });
    if (config.kind !== 'config') throw new Error(JSON.stringify(config));
    const audit = await startAudit(config.values, false);
    audits.push(audit);
    return audit;
  };
  const ask = async (audit: Audit, path: string) => {
    const response = await fetch(`http://127.0.0.1:${audit.httpPort}/${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, any> }; // eslint-disable-line @typescript-eslint/no-explicit-any
  };
  const items = async (audit: Audit, query = '') => (await ask(audit, `v1/audit${query}`)).body['items'] as any[]; // eslint-disable-line @typescript-eslint/no-explicit-any
  const committed = async (): Promise<number> => (await registry.log.tips()).reduce((sum, { seq }) => sum + seq, 0);
  const keptAll = async (audit: Audit): Promise<void> => {
    const wanted = await committed();
    await eventually(
      'all events are kept',
      async () => (await ask(audit, 'v1/status')).body['counts'].events === wanted,
    );
  };
  const namespaces = async (from: number, count: number): Promise<void> => {
    for (let i = from; i < from + count; i++)
      expect(await registry.send('POST', 'namespaces', { name: `ns-${i}` })).toBe(201);
  };
  /** The values of all records that the registry's topic holds now. */
  const onTopic = async (kafka: Kafka): Promise<readonly (string | undefined)[]> => {
    const topic = `${prefix}.registry.v1`;
    const admin = kafka.admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    const wanted = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
    const values = new Map<string, string | undefined>();
    const consumer = kafka.consumer({ groupId: `${prefix}-all` });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) =>
        void values.set(`${partition}/${message.offset}`, message.value?.toString()),
    });
    await eventually('everything on the topic is read', () => values.size >= wanted);
    await consumer.disconnect();
    return [...values.values()];
  };
  const onMysql = async (sql: string, values: (string | number)[]): Promise<void> => {
    const connection = await createConnection(mysqlUrl);
    await connection.query(sql, values).finally(() => connection.end());
  };

  it(
    'keeps who changed what and what was refused, by topic, and lists it by filter and page (INV-16)',
    async () => {
      await namespaces(0, 5);
      const audit = await start();
      await namespaces(5, 5);
      expect(await registry.send('DELETE', 'namespaces/nobody')).toBe(404);
      await keptAll(audit);
      await eventually('the attempt is kept', async () => (await items(audit, '?outcome=refused')).length === 1);
      expect(await items(audit, '?outcome=refused')).toMatchObject([
        { type: 'DeleteNamespace', stream: 'namespace/nobody', actor: 'http:127.0.0.1', reason: expect.any(String) },
      ]);
      expect(await items(audit, '?stream=namespace/ns-7')).toMatchObject([
        {
          outcome: 'committed',
          type: 'NamespaceCreated',
          log: 'registry',
          actor: 'http:127.0.0.1',
          data: { name: 'ns-7' },
        },
      ]);
      const [one] = await items(audit, '?limit=1');
      expect(await items(audit, `?requestId=${one.requestId}`)).toContainEqual(one);
      expect(await items(audit, '?actor=sdk:nobody')).toEqual([]);
      expect(await items(audit, `?since=${encodeURIComponent('2100-01-01T00:00:00Z')}`)).toEqual([]);
      const all: string[] = [];
      let cursor: string | undefined;
      do {
        const { body } = await ask(audit, `v1/audit?limit=3${cursor ? `&cursor=${cursor}` : ''}`);
        all.push(
          ...(body['items'] as { requestId: string; type: string }[]).map(
            ({ requestId, type }) => `${requestId} ${type}`,
          ),
        );
        cursor = body['next'];
      } while (cursor !== undefined);
      expect(all).toHaveLength((await committed()) + 1);
      expect(new Set(all).size).toBe(all.length);
      expect((await ask(audit, 'v1/audit?since=yesterday')).status).toBe(400);
      expect((await ask(audit, 'v1/audit/verify')).body).toMatchObject({ ok: true, breaks: [], problems: [] });
      expect((await ask(audit, 'readyz')).status).toBe(200);
    },
    TEST_MS,
  );

  it(
    'counts poison records on the topic and goes on',
    async () => {
      const audit = await start();
      await namespaces(0, 3);
      const kafka = new Kafka({ brokers: [...stack.kafkaBrokers], logLevel: logLevel.NOTHING });
      const producer = kafka.producer();
      await producer.connect();
      const messages = Array.from({ length: 32 }, (_, partition) => ({ partition, value: 'junk' }));
      await producer.send({ topic: `${prefix}.registry.v1`, messages });
      await producer.disconnect();
      await namespaces(3, 3);
      await keptAll(audit);
      const malformed = async (): Promise<number> =>
        (await ask(audit, 'v1/audit/verify')).body['counts'].poison.malformed;
      // The client sends again what a partition did not take while it got its leader, so there may be more than 32.
      const junk = (await onTopic(kafka)).filter((value) => value === 'junk').length;
      expect(junk).toBeGreaterThanOrEqual(32);
      await eventually('counted', async () => (await malformed()) >= junk);
      expect(await malformed()).toBe(junk);
      expect((await ask(audit, 'v1/audit/verify')).body).toMatchObject({ ok: true });
    },
    TEST_MS,
  );

  it(
    'goes on where it was after a restart, and refuses a second process on its directory',
    async () => {
      const first = await start();
      await namespaces(0, 4);
      await keptAll(first);
      await expect(start()).rejects.toThrow(/in use by another process/);
      await audits.pop()?.close();
      await namespaces(4, 4);
      const second = await start();
      await keptAll(second);
      expect((await ask(second, 'v1/audit/verify')).body).toMatchObject({
        ok: true,
        logs: [{ events: await committed() }],
      });
    },
    TEST_MS,
  );

  it(
    'misses nothing while Kafka is away, nor when the registry is away at its start',
    async () => {
      await namespaces(0, 4);
      const noKafka = await start(['--kafka-brokers=127.0.0.1:1']);
      await keptAll(noKafka);
      const other = mkdtempSync(join(tmpdir(), 'thuban-audit-'));
      const { port } = registry;
      await registry.stop();
      const noRegistry = await start([], other);
      expect((await ask(noRegistry, 'v1/audit')).status).toBe(200);
      registry = await startTestRegistry(mysqlUrl, { brokers: stack.kafkaBrokers, topicPrefix: prefix }, { port });
      await keptAll(noRegistry);
      expect((await ask(noRegistry, 'v1/audit/verify')).body).toMatchObject({ ok: true });
      await audits.pop()?.close();
      rmSync(other, { recursive: true });
    },
    TEST_MS,
  );

  it(
    'finds a history that was changed in the database with its hashes made anew, and says so loudly (INV-16)',
    async () => {
      await namespaces(0, 6);
      const audit = await start();
      await keptAll(audit);
      const { port, log } = registry;
      const shard = shardOf('ns-3', REGISTRY_SHARDS);
      const events = await log.read(shard, 1, 100);
      const at = events.findIndex(({ stream }) => stream === 'namespace/ns-3');
      await registry.stop();
      // From the changed event on every hash is made anew, so that the table is consistent.
      let previous = events[at - 1]?.hash ?? GENESIS_HASH;
      for (const { data, meta, ...event } of events.slice(at)) {
        const body = `{"data":${JSON.stringify(event.seq === at + 1 ? { ...data, comment: 'forged' } : data)},"meta":${JSON.stringify(meta)}}`;
        previous = chainHash(previous, { ...event, log: 'registry', body });
        await onMysql('UPDATE event SET body = ?, hash = ? WHERE log = ? AND shard = ? AND seq = ?', [
          ...[body, previous, 'registry', shard, event.seq],
        ]);
      }
      registry = await startTestRegistry(mysqlUrl, { brokers: stack.kafkaBrokers, topicPrefix: prefix }, { port });
      expect((await ask(audit, 'v1/audit/verify')).body).toMatchObject({
        ok: false,
        logs: expect.arrayContaining([expect.objectContaining({ name: 'registry', source: 'differs' })]),
      });
      // Also without anybody asking, once something comes after it.
      expect(await registry.send('PATCH', 'namespaces/ns-3', { comment: 'next' })).toBe(200);
      await eventually('not ready', async () => (await ask(audit, 'readyz')).status === 503);
      expect(JSON.stringify((await ask(audit, 'readyz')).body)).toContain('the hash chain is broken at');
      expect((await ask(audit, 'v1/audit/verify')).body['breaks']).toContainEqual(
        expect.objectContaining({ log: 'registry', shard, seq: events.length + 1, kind: 'broken' }),
      );
      const metrics = await (await fetch(`http://127.0.0.1:${audit.httpPort}/metrics`)).text();
      expect(metrics).toMatch(/^thuban_audit_chain_breaks [1-9]\d*$/m);
    },
    TEST_MS,
  );
});
