import { RequestRefused } from '../problem.js';

const FOLLOWERS_MAX = 100;

/** Places for those who follow a log, by a stream or by requests that wait: each holds memory for as long as nothing happens. */
export interface Followers {
  /** Takes a place; the function gives it back. @throws RequestRefused 429 when 100 are taken. */
  enter(): () => void;
  count(): number;
}

/** With every place free. */
export const createFollowers = (): Followers => {
  let count = 0;
  return {
    enter: () => {
      if (count >= FOLLOWERS_MAX) {
        const detail = `${FOLLOWERS_MAX} event streams and waiting requests are open already`;
        throw new RequestRefused(429, 'RESOURCE_EXHAUSTED', detail);
      }
      count++;
      return () => void count--;
    },
    count: () => count,
  };
};
