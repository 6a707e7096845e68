import { CheckpointMismatch, type Checkpoint, type EventLog, type Recorded } from '@thuban/event-sourcing';
import type { Part } from './part.js';

/**
 * Reads what came after `from` and asserts that commands are there whole or not at all, each once, in one commit.
 * @returns the ids of the commands that are there, and how far the log goes.
 * @throws CheckpointMismatch when something that was read before is gone.
 */
export const commandsAfter = async (
  log: EventLog,
  from: Checkpoint | undefined,
): Promise<{ readonly ids: ReadonlySet<string>; readonly checkpoint: Checkpoint }> => {
  const tips = await log.tips();
  const lost = tips.some(({ seq }, shard) => seq < (from?.tips[shard]?.seq ?? 0));
  if (lost) throw new CheckpointMismatch('the log is shorter than it was');
  const count = tips.reduce((sum, { seq }, shard) => sum + seq - (from?.tips[shard]?.seq ?? 0), 0);
  const events: Recorded<Part>[] = [];
  if (count > 0)
    for await (const batch of log.subscribe(from, new AbortController().signal)) {
      events.push(...(batch as readonly Recorded<Part>[]));
      if (events.length >= count) break;
    }
  const parts = new Map<string, Recorded<Part>[]>();
  for (const event of events) parts.set(event.data.id, [...(parts.get(event.data.id) ?? []), event]);
  for (const found of parts.values()) {
    expect(found.map(({ data }) => data.part).sort()).toEqual(
      Array.from({ length: found[0]?.data.of ?? 0 }, (_, part) => part),
    );
    expect(new Set(found.map(({ commitId }) => commitId)).size).toBe(1);
  }
  return { ids: new Set(parts.keys()), checkpoint: { logId: log.id, tips } };
};

/** Asserts that everything acknowledged is there and that nothing is there which was not sent. */
export const expectAcknowledged = (
  there: ReadonlySet<string>,
  { sent, ok }: { readonly sent: ReadonlySet<string>; readonly ok: ReadonlySet<string> },
): void => {
  expect([...ok].filter((id) => !there.has(id))).toEqual([]);
  expect([...there].filter((id) => !sent.has(id))).toEqual([]);
};
