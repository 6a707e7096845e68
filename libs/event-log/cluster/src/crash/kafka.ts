import { createKafkaCarrier, type KafkaCarrier } from '../kafka-carrier.js';
import type { KafkaAddress } from '../kafka-client.js';
import type { MysqlLog } from '../mysql-log.js';
import { systemClock } from './clock.js';
import { openTestStore, type TestStore } from './store.js';

/** A process of a cluster, as far as a log goes. */
export interface TestNode {
  readonly store: TestStore;
  readonly carrier: KafkaCarrier;
  readonly log: MysqlLog;
  /** What was told of Kafka. */
  readonly problems: string[];
  /** Stops what was started with it and closes everything. */
  stop(): Promise<void>;
  /** Aborts with `stop`. */
  readonly signal: AbortSignal;
}

export interface TestNodeOptions {
  readonly mysqlUrl: string;
  readonly kafka: Omit<KafkaAddress, 'clientId'>;
  readonly shards?: number;
  readonly pollMs?: number;
}

/** Opens a log called "test". Nothing follows or relays it yet. */
export const openTestNode = async ({
  mysqlUrl,
  kafka,
  shards = 4,
  pollMs = 500,
}: TestNodeOptions): Promise<TestNode> => {
  const stopping = new AbortController();
  const problems: string[] = [];
  const store = await openTestStore(mysqlUrl, { pollMs });
  const onProblem = (what: string, error: unknown): void => void problems.push(`${what}: ${(error as Error).message}`);
  const carrier = createKafkaCarrier({ ...kafka, clientId: 'test' }, { clock: systemClock, onProblem });
  return {
    ...{ store, carrier, problems, log: await store.log('test', shards), signal: stopping.signal },
    stop: async () => {
      stopping.abort();
      carrier.close();
      await store.close();
    },
  };
};

/** Waits until `is` holds; it is looked at every 10 ms. @throws Error naming `what` after `withinMs`. */
export const eventually = async (
  what: string,
  is: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> => {
  const startedMs = systemClock.monotonic();
  while (!(await is())) {
    if (systemClock.monotonic() - startedMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
    await systemClock.after(10);
  }
};
