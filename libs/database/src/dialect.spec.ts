import fc from 'fast-check';
import { inChunks, mysql, sqlite } from './dialect.js';

describe('the SQL of SQLite', () => {
  it('replaces what has the same key', () => {
    expect(sqlite.upsert('note', ['id', 'value'], ['id'], 2)).toBe(
      'INSERT INTO "note" ("id", "value") VALUES (?,?),(?,?) ON CONFLICT ("id") DO UPDATE SET "value" = excluded."value"',
    );
  });

  it('keeps rows that are all key', () => {
    expect(sqlite.upsert('pair', ['a', 'b'], ['a', 'b'], 1)).toBe(
      'INSERT INTO "pair" ("a", "b") VALUES (?,?) ON CONFLICT ("a", "b") DO NOTHING',
    );
  });

  it('compares several columns at once', () => {
    expect(sqlite.isOneOf(['a', 'b'], 2)).toBe('("a", "b") IN (VALUES (?,?),(?,?))');
  });

  it('stays below the limit of parameters', () => {
    for (const values of [1, 10, 127, 200, 1000, 32_766])
      expect(sqlite.rowsMax(values) * values).toBeLessThanOrEqual(32_766);
  });
});

describe('the SQL of MySQL', () => {
  it('replaces what has the same key, without a row alias', () => {
    expect(mysql.upsert('note', ['id', 'value'], ['id'], 2)).toBe(
      'INSERT INTO `note` (`id`, `value`) VALUES (?,?),(?,?) ON DUPLICATE KEY UPDATE `value` = VALUES(`value`)',
    );
  });

  it('reads the next page in a form that an index serves', () => {
    const page = { table: 'pair', columns: ['c'], keyColumns: ['a', 'b'], size: 5 };
    expect(mysql.page(page)).toEqual({
      sql: 'SELECT `a`, `b`, `c` FROM `pair` ORDER BY `a`, `b` LIMIT 5',
      parameters: [],
    });
    expect(mysql.page({ ...page, after: { a: 1, b: 2, c: 3 } })).toEqual({
      sql: 'SELECT `a`, `b`, `c` FROM `pair` WHERE `a` > ? OR `a` = ? AND `b` > ? ORDER BY `a`, `b` LIMIT 5',
      parameters: [1, 1, 2],
    });
  });
});

describe('chunks', () => {
  it('hold every row once, in order, in few sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 600 }), fc.integer({ min: 1, max: 300 }), (rows, rowsMax) => {
        const chunks = [...inChunks(rows, rowsMax)];
        expect(chunks.flat()).toEqual(rows);
        for (const { length } of chunks)
          expect(length === rowsMax || (length < rowsMax && Number.isInteger(Math.log2(length)))).toBe(true);
      }),
    );
  });

  it('hold a million characters at most, or one row', () => {
    const text = 'x'.repeat(300 * 1024);
    const rows = [[text], [text], [text], [text], [text.repeat(5)], ['short']];
    expect([...inChunks(rows, 1000)].map(({ length }) => length)).toEqual([2, 2, 1, 1]);
  });
});
