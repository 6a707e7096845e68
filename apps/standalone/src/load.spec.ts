import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '@thuban/event-log-embedded';
import { REGISTRY_LOG, REGISTRY_SHARDS, shardOf, streamId } from '@thuban/events';
import { runProjection, type EventLog } from '@thuban/event-sourcing';
import { createLogger, systemClock } from '@thuban/nest';
import { registryProjection } from '@thuban/registry-read-model';
import { loadFolds, openReadModels } from './load.js';

const shard = shardOf('prod', REGISTRY_SHARDS);

describe('loadFolds', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'load-'))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const path = (file: string): string => join(directory, file);

  const comment = async (log: EventLog, text: string): Promise<void> => {
    const { seq = 0 } = (await log.tips())[shard] ?? {};
    const data = { name: 'prod', comment: text, owners: '', metadata: {} };
    const event = { type: seq === 0 ? ('NamespaceCreated' as const) : ('NamespaceChanged' as const), data };
    const meta = { actor: 'test', requestId: 'r', idempotency: { key: text, fingerprint: 'f', answer: null } };
    await log.append({
      commitId: text,
      timeMs: 1_764_028_800_000 + seq,
      writes: [{ shard, expectedSeq: seq, events: [{ stream: streamId('namespace', 'prod'), event, meta }] }],
    });
  };

  /** One life of a process: what it loads, what it warns of, then what it appends and projects. */
  const live = async (comments: readonly string[], logFile = 'log.db') => {
    const store = await openEmbeddedStore(path(logFile));
    const log = store.log(REGISTRY_LOG, REGISTRY_SHARDS);
    const database = await openReadModels(path('read.db'));
    const warnings: string[] = [];
    const logger = createLogger('spec', 'silent');
    logger.warn = (warning: unknown) => void warnings.push(String(warning));
    const started = await loadFolds(log, database, logger);
    for (const text of comments) await comment(log, text);
    const ended = new AbortController();
    const wanted = (await log.tips()).map(({ seq }) => seq);
    const onProgress = ({ seqs }: { readonly seqs: readonly number[] }): void => {
      if (seqs.join() === wanted.join()) ended.abort();
    };
    await runProjection({
      log,
      database,
      projection: registryProjection,
      signal: comments.length === 0 ? AbortSignal.abort() : ended.signal,
      clock: systemClock,
      onProgress,
      onRebuild: (reason) => void warnings.push(reason),
    });
    await database.close();
    await store.close();
    return {
      comment: started.folded.state.namespaces()[0]?.namespace.comment,
      keys: started.remembered.map(({ meta }) => meta.idempotency?.key),
      seq: started.checkpoint.tips[shard]?.seq,
      projected: started.projected[shard],
      warnings,
    };
  };

  it('INV-5: folds the rows and what the log has after them', async () => {
    expect(await live(['one', 'two'])).toMatchObject({ seq: 0, projected: 0, warnings: [] });
    expect(await live([])).toEqual({ comment: 'two', keys: ['one', 'two'], seq: 2, projected: 2, warnings: [] });
  });

  it('a log restored from an older backup is folded anew, the rows are made anew, and both are told', async () => {
    await live(['one']);
    copyFileSync(path('log.db'), path('backup.db'));
    await live(['two', 'three']);
    const restored = await live(['else'], 'backup.db');
    expect(restored).toMatchObject({ comment: 'one', keys: ['one'], seq: 1, projected: 0 });
    expect(restored.warnings).toEqual([
      expect.stringContaining('read.db does not fit'),
      expect.stringContaining('does not have the event 3'),
    ]);
    expect(await live([], 'backup.db')).toMatchObject({ comment: 'else', seq: 2, projected: 2, warnings: [] });
  });

  it('a restored log that has gone on past the rows is told from the one they were made of', async () => {
    await live(['one']);
    copyFileSync(path('log.db'), path('backup.db'));
    await live(['two']);
    const store = await openEmbeddedStore(path('backup.db'));
    await comment(store.log(REGISTRY_LOG, REGISTRY_SHARDS), 'other');
    await store.close();
    const restored = await live(['more'], 'backup.db');
    expect(restored).toMatchObject({ comment: 'other', keys: ['one', 'other'], seq: 2, projected: 0 });
    expect(restored.warnings).toHaveLength(2);
    expect(await live([], 'backup.db')).toMatchObject({ comment: 'more', seq: 3, projected: 3, warnings: [] });
  });

  it('rows of another log are dropped', async () => {
    await live(['one', 'two']);
    const other = await live(['theirs'], 'other.db');
    expect(other).toMatchObject({ comment: undefined, keys: [], seq: 0, projected: 0 });
    expect(other.warnings).toHaveLength(2);
    expect(await live([], 'other.db')).toMatchObject({
      comment: 'theirs',
      keys: ['theirs'],
      projected: 1,
      warnings: [],
    });
  });
});
