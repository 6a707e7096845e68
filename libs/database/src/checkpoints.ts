import type { Checkpoint } from '@thuban/event-sourcing';
import { EntitySchema, type QueryRunner } from 'typeorm';

/** One row for each projection and shard. */
export interface CheckpointRow {
  readonly projection: string;
  readonly shard: number;
  readonly logId: string;
  readonly seq: number;
  readonly hash: string;
}

export const checkpointSchema = new EntitySchema<CheckpointRow>({
  name: 'checkpoint',
  tableName: 'checkpoint',
  columns: {
    projection: { type: 'varchar', length: 128, primary: true },
    shard: { type: 'integer', primary: true },
    logId: { name: 'log_id', type: 'varchar', length: 36 },
    seq: { type: 'bigint' },
    hash: { type: 'varchar', length: 64 },
  },
});

/** How far a projection has come; `undefined` when it has not begun. */
export const loadCheckpoint = async (runner: QueryRunner, projection: string): Promise<Checkpoint | undefined> => {
  const rows = (await runner.query(
    'SELECT log_id AS logId, seq, hash FROM checkpoint WHERE projection = ? ORDER BY shard',
    [projection],
  )) as readonly Omit<CheckpointRow, 'projection' | 'shard'>[];
  const [first] = rows;
  return first && { logId: first.logId, tips: rows.map(({ seq, hash }) => ({ seq: Number(seq), hash })) };
};

/** True when two checkpoints are at the same place of the same log. */
export const sameCheckpoint = (a: Checkpoint | undefined, b: Checkpoint | undefined): boolean =>
  a?.logId === b?.logId &&
  a?.tips.length === b?.tips.length &&
  (a?.tips ?? []).every(({ seq, hash }, shard) => b?.tips[shard]?.seq === seq && b.tips[shard].hash === hash);

/** The rows of `next` that differ from what is stored. */
export const movedRows = (projection: string, previous: Checkpoint | undefined, next: Checkpoint): CheckpointRow[] =>
  next.tips
    .map(({ seq, hash }, shard) => ({ projection, shard, logId: next.logId, seq, hash }))
    .filter(({ shard, logId, seq, hash }) => {
      const before = previous?.tips[shard];
      return !before || previous?.logId !== logId || before.seq !== seq || before.hash !== hash;
    });
