import type { Checkpoint, ProjectionTx } from '@thuban/event-sourcing';
import type { Dialect, SqlRow } from './dialect.js';
import { isDuplicate } from './errors.js';
import type { Statements, Upsert } from './statements.js';

const COLUMNS = ['projection', 'shard', 'log_id', 'seq', 'hash'];

/** How far a projection has come; `undefined` when it has not begun. `lock`: the end of the SELECT. */
export const loadCheckpoint = async (
  { query }: Statements,
  name: string,
  lock = '',
): Promise<Checkpoint | undefined> => {
  const rows = await query<{ readonly logId: string; readonly seq: number | string; readonly hash: string }>(
    `SELECT log_id AS logId, seq, hash FROM checkpoint WHERE projection = ? ORDER BY shard${lock}`,
    [name],
  );
  const [first] = rows;
  return first && { logId: first.logId, tips: rows.map(({ seq, hash }) => ({ seq: Number(seq), hash })) };
};

/** True when two checkpoints are at the same place of the same log. */
const sameCheckpoint = (a: Checkpoint | undefined, b: Checkpoint | undefined): boolean =>
  a?.logId === b?.logId &&
  a?.tips.length === b?.tips.length &&
  (a?.tips ?? []).every(({ seq, hash }, shard) => b?.tips[shard]?.seq === seq && b.tips[shard].hash === hash);

const rowsOf = (name: string, { logId, tips }: Checkpoint): SqlRow[] =>
  tips.map(({ seq, hash }, shard) => [name, shard, logId, seq, hash]);

/** The rows of `next` that differ from what is stored. */
const movedRows = (name: string, previous: Checkpoint, next: Checkpoint): SqlRow[] =>
  rowsOf(name, next).filter((_, shard) => {
    const [before, after] = [previous.tips[shard], next.tips[shard]];
    return previous.logId !== next.logId || before?.seq !== after?.seq || before?.hash !== after?.hash;
  });

/** The compare-and-set, on a connection that is inside a transaction. */
export const checkpointsOn =
  (statements: Statements, dialect: Dialect, upsert: Upsert): ProjectionTx['saveCheckpoint'] =>
  async (name, previous, next) => {
    const stored = await loadCheckpoint(statements, name, dialect.lockRows);
    if (!sameCheckpoint(stored, previous)) return false;
    if (!previous) return begin(statements, dialect, rowsOf(name, next));
    await upsert('checkpoint', COLUMNS, ['projection', 'shard'], movedRows(name, previous, next));
    const shards = next.tips.length;
    if (previous.tips.length > shards)
      await statements.change('DELETE FROM checkpoint WHERE projection = ? AND shard >= ?', [name, shards]);
    return true;
  };

/** Rows that are not there cannot be locked: of two that begin, the second waits for the first and finds its key taken. */
const begin = async (statements: Statements, dialect: Dialect, rows: readonly SqlRow[]): Promise<boolean> => {
  try {
    await statements.change(dialect.insert('checkpoint', COLUMNS, rows.length), rows.flat());
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
};
