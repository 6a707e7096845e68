import { createPushWatch, type SentChange } from './push-watch.js';
import type { Connection } from './connection.js';

const bytes = Buffer.from('abc');
const push = (type: 'CDS' | 'EDS') => ({ type, bytes, items: [] }) as never;
const [one, two] = [{}, {}] as [Connection, Connection];

const watched = () => {
  const ends: (SentChange | 'open')[] = [];
  const watch = createPushWatch(() => {
    const nth = ends.push('open') - 1;
    return (sent) => void (ends[nth] = sent);
  });
  return { watch, ends };
};

describe('the watch on a push', () => {
  it('ends when all streams are served, with what was written to how many', () => {
    const { watch, ends } = watched();
    watch.changed();
    watch.changed();
    watch.wrote(one, push('CDS'));
    watch.wrote(one, push('EDS'));
    watch.wrote(two, push('EDS'));
    watch.served(false);
    const sent = { streams: 2, responses: { CDS: 1, EDS: 2, LDS: 0, RDS: 0 }, bytes: 9 };
    expect(ends).toEqual([sent, sent]);
    watch.changed();
    watch.served(false);
    expect(ends[2]).toEqual({ streams: 0, responses: { CDS: 0, EDS: 0, LDS: 0, RDS: 0 }, bytes: 0 });
  });
  it('waits for what is still collected, unless something was written', () => {
    const { watch, ends } = watched();
    watch.changed();
    watch.served(true);
    expect(ends).toEqual(['open']);
    expect(watch.watching()).toBe(true);
    watch.wrote(one, push('CDS'));
    watch.served(true);
    expect(ends).toMatchObject([{ streams: 1 }]);
    expect(watch.watching()).toBe(false);
  });
  it('is none when nobody observes, or a change is not recorded', () => {
    for (const watch of [createPushWatch(undefined), createPushWatch(() => undefined)]) {
      watch.changed();
      expect(watch.watching()).toBe(false);
      watch.served(false);
    }
  });
});
