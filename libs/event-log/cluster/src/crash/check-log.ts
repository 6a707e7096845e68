import type { Recorded } from '@thuban/event-sourcing';
import type { Part } from './part.js';

/**
 * Asserts that the commands of a log are there whole, each once and in one commit.
 * @returns the ids of the commands that are there.
 */
export const commandsIn = (shards: readonly (readonly Recorded[])[]): ReadonlySet<string> => {
  const parts = new Map<string, Recorded<Part>[]>();
  for (const event of shards.flat() as Recorded<Part>[]) {
    const known = parts.get(event.data.id);
    if (known) known.push(event);
    else parts.set(event.data.id, [event]);
  }
  const wrong = [...parts].filter(
    ([, found]) => found.length !== found[0]?.data.of || new Set(found.map(({ commitId }) => commitId)).size !== 1,
  );
  expect(wrong.map(([id, found]) => `${id}: ${found.length} parts`)).toEqual([]);
  return new Set(parts.keys());
};

/** Asserts that everything acknowledged is there (INV-1). */
export const expectAcknowledged = (there: ReadonlySet<string>, ok: readonly string[]): void =>
  expect(ok.filter((id) => !there.has(id))).toEqual([]);
