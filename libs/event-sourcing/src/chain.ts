import { hash } from 'node:crypto';

/** The hash before the first event of a shard. */
export const GENESIS_HASH = '0'.repeat(64);

/** What the chain hash covers. `body` is the JSON text of `{"data":…,"meta":…}` exactly as it is stored. */
export interface Hashed {
  readonly log: string;
  readonly shard: number;
  readonly seq: number;
  readonly stream: string;
  readonly type: string;
  readonly timeMs: number;
  readonly commitId: string;
  readonly body: string;
}

/**
 * Hex SHA-256 of the shard's previous hash and one event. Every field but the last is free of line feeds
 * (control characters are refused in names), so the framing by line feeds is unambiguous.
 */
export const chainHash = (previous: string, event: Hashed): string =>
  hash(
    'sha256',
    `${previous}\n${event.log}\n${event.shard}\n${event.seq}\n${event.stream}\n${event.type}\n${event.timeMs}\n${event.commitId}\n${event.body}`,
  );
