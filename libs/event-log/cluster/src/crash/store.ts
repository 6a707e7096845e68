import { openMysqlStore, type MysqlStore, type MysqlStoreOptions } from '../mysql-store.js';
import { systemClock } from './clock.js';

/** A store whose problems and gaps are collected. */
export interface TestStore extends MysqlStore {
  readonly problems: readonly string[];
  readonly gaps: () => number;
}

/** Opens a store on the machine's clock. */
export const openTestStore = async (mysqlUrl: string, options: Partial<MysqlStoreOptions> = {}): Promise<TestStore> => {
  const problems: string[] = [];
  let gaps = 0;
  const store = await openMysqlStore({
    ...{ mysqlUrl, clock: systemClock, pollMs: 500 },
    onProblem: (what, error) => void problems.push(`${what}: ${(error as Error).message}`),
    onGap: (_, count) => void (gaps += count),
    ...options,
  });
  return { ...store, problems, gaps: () => gaps };
};
