import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describeWithStack, startStack, type Stack } from '@thuban/testing';
import { Kafka, logLevel } from 'kafkajs';
import { eventually } from './fixtures/eventually.js';
import { startTestRegistry, type TestRegistry } from './fixtures/test-registry.js';

const ROOT = resolve(__dirname, '../../..');
const START_MS = 180_000;

const obtained = spawnSync(process.execPath, [resolve(ROOT, 'tools/stack/python.mjs')], { encoding: 'utf8' });
const why = obtained.status === 0 ? undefined : obtained.stderr.trim();
if (why !== undefined && process.env['CI']) throw new Error(`the example in Python: ${why}`);

const suite = (): void => {
  const { python, folder } = JSON.parse(obtained.stdout) as { readonly python: string; readonly folder: string };
  let stack: Stack;
  let registry: TestRegistry;
  let prefix: string;
  beforeAll(async () => {
    stack = await startStack(['mysql', 'kafka']);
    prefix = stack.freshPrefix();
    registry = await startTestRegistry(await stack.freshDatabase(), {
      brokers: stack.kafkaBrokers,
      topicPrefix: prefix,
    });
  }, START_MS);
  afterAll(async () => {
    await registry?.stop();
    await stack?.stop();
  });

  const consume = () =>
    spawnSync(
      python,
      [
        resolve(ROOT, 'docs/examples/python/consumer.py'),
        ...['--brokers', stack.kafkaBrokers.join(','), '--topic', `${prefix}.registry.v1`, '--until-end'],
      ],
      { encoding: 'utf8', env: { ...process.env, PYTHONPATH: folder }, timeout: 60_000 },
    );
  const onTopic = async (work: (kafka: Kafka) => Promise<void>): Promise<void> =>
    work(new Kafka({ brokers: [...stack.kafkaBrokers], logLevel: logLevel.NOTHING }));
  /** 0 while the partitions of a topic that was just made have no leader yet. */
  const recordsOnTopic = async (): Promise<number> => {
    let count = 0;
    await onTopic(async (kafka) => {
      const admin = kafka.admin();
      await admin.connect();
      try {
        for (const { low, high } of await admin.fetchTopicOffsets(`${prefix}.registry.v1`))
          count += Number(high) - Number(low);
      } catch (error) {
        if ((error as { readonly type?: string }).type !== 'NOT_LEADER_FOR_PARTITION') throw error;
        count = 0;
      } finally {
        await admin.disconnect();
      }
    });
    return count;
  };
  const produce = async (message: {
    readonly value: string;
    readonly headers?: Record<string, string>;
  }): Promise<void> =>
    onTopic(async (kafka) => {
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic: `${prefix}.registry.v1`, messages: [{ ...message, partition: 0 }] });
      await producer.disconnect();
    });

  it(
    'prints every event, with names in any script, and verifies the chain (INV-16)',
    async () => {
      for (const name of ['a', 'b/c', '命名空间', 'é"\\'])
        await registry.send('POST', 'namespaces', { name: name.replace(/["\\]/g, ''), comment: `${name} ☃ \u2028` });
      const tips = await registry.log.tips();
      const committed = tips.reduce((sum, { seq }) => sum + seq, 0);
      expect(committed).toBeGreaterThan(1);
      await eventually('published', async () => (await recordsOnTopic()) >= committed);
      const { status, stdout, stderr } = consume();
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: `${committed} events, the chain holds; 0 duplicates, 0 records that are no events\n`,
      });
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(events).toHaveLength(committed);
      expect(events).toContainEqual(
        expect.objectContaining({
          type: 'NamespaceCreated',
          actor: 'http:127.0.0.1',
          data: expect.objectContaining({ name: 'a' }),
        }),
      );
    },
    START_MS,
  );

  it(
    'goes on over a record that is none, and stops at one that does not follow',
    async () => {
      await produce({ value: 'junk' });
      expect(consume()).toMatchObject({ status: 0, stderr: expect.stringContaining('1 records that are no events') });
      const { seq = 0 } = (await registry.log.tips())[0] ?? {};
      const logId = registry.log.id;
      await produce({
        value: '{"data":{},"meta":{"actor":"x","requestId":"y"}}',
        headers: {
          ce_type: 'dev.thuban.NamespaceDeleted.v1',
          ce_source: '/thuban/registry',
          ce_time: '2026-01-01T00:00:00.000Z',
          ce_subject: 'namespace/x',
          seq: String(seq + 1),
          commit_id: 'c',
          hash: 'f'.repeat(64),
          log_id: logId,
        },
      });
      expect(consume()).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('BROKEN: the hash of registry/0/'),
      });
    },
    START_MS,
  );
};

if (why === undefined) describeWithStack(['mysql', 'kafka'], 'the example in Python', suite);
else describe.skip(`the example in Python (left out: ${why})`, () => void it('is run', () => undefined));
