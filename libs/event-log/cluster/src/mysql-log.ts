import type { EventLog, Feed, Tip } from '@thuban/event-sourcing';

/** A log in MySQL, and what carries its events inside this process. */
export interface MysqlLog {
  readonly log: EventLog;
  /** Takes what Kafka brings (`feed.publish`); the log's own appends and the poll of the table come by themselves. */
  readonly feed: Feed;
  /** How often the tips of the table are read while somebody subscribes. `undefined`: as the store was opened with. */
  setPollMs(pollMs: number | undefined): void;
  /** The tips in the table now, read beside the writer: takes no turn. @throws LogUnavailable. */
  tips(): Promise<readonly Tip[]>;
}
