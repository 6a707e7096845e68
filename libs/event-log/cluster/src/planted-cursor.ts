import type { Recorded } from '@thuban/event-sourcing';
import type { EventMeta } from '@thuban/events';
import { StatementRefused, type Session } from './mysql-session.js';
import { text } from './sql.js';

/**
 * A planted bug, for the tests of the tests: followers are fed by a cursor on AUTO_INCREMENT ids. These are handed out before the
 * commit, so that the cursor passes what commits late.
 */
export const createIdCursor = (name: string): { next(session: Session): Promise<readonly Recorded[]> } => {
  const DUPLICATE_COLUMN = 1060;
  let last: number | undefined;
  const start = async (session: Session): Promise<number> => {
    try {
      await session.write(
        'ALTER TABLE event ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, ADD UNIQUE KEY (id)',
      );
    } catch (error) {
      if (!(error instanceof StatementRefused) || error.errno !== DUPLICATE_COLUMN) throw error;
    }
    return 0;
  };
  return {
    next: async (session) => {
      last ??= await start(session);
      const rows = await session.rows(
        `SELECT id, shard, seq, stream, type, time_ms, commit_id, hash, body FROM event WHERE id > ${last} AND log = ${text(name)} ORDER BY id LIMIT 1000`,
      );
      last = Number(rows.at(-1)?.[0] ?? last);
      return rows.map((row) => {
        const [, shard, seq, stream, type, timeMs, commitId, hash, body] = row as [
          ...[number, number, number, string, string, number, string, string, string],
        ];
        const { data, meta } = JSON.parse(body) as { data: object; meta: EventMeta };
        return { type, data, shard, seq, stream, meta, timeMs, commitId, hash };
      });
    },
  };
};
