import { spawnSync } from 'node:child_process';
import { driverFor, Sqlite, SQLITE_PACKAGE } from './driver.js';

describe('the SQLite driver', () => {
  it.each([
    ['20.19.0', 'better-sqlite3'],
    ['22.0.0', 'better-sqlite3-13'],
    ['24.19.0', 'better-sqlite3-13'],
    ['100.0.0', 'better-sqlite3-13'],
  ])('on Node %s is %s', (version, name) => expect(driverFor(version)).toBe(name));

  it('runs on this Node', () => {
    const db = new Sqlite(':memory:');
    expect(db.prepare('SELECT 1 + 1').pluck().get()).toBe(2);
    db.close();
  });

  it('outlives the collection of its statements', () => {
    const script = `
      const db = new (require(process.argv[1]))(':memory:');
      for (let round = 0; round < 1000; round++) db.prepare('SELECT ' + round).get();
      gc();
      setImmediate(() => { gc(); db.close(); console.log('done'); });
    `;
    const child = spawnSync(process.execPath, ['--expose-gc', '-e', script, require.resolve(SQLITE_PACKAGE)], {
      encoding: 'utf8',
    });
    expect(child).toMatchObject({ status: 0, signal: null, stdout: 'done\n' });
  });
});
