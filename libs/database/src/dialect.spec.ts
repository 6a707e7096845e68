import fc from 'fast-check';
import { inChunks, sqlite } from './dialect.js';

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

  it('deletes by several columns', () => {
    expect(sqlite.deleteWhere('pair', ['a', 'b'], 2)).toBe(
      'DELETE FROM "pair" WHERE ("a", "b") IN (VALUES (?,?),(?,?))',
    );
  });

  it('stays below the limit of parameters', () => {
    for (const values of [1, 10, 127, 200, 1000, 32_766])
      expect(sqlite.rowsMax(values) * values).toBeLessThanOrEqual(32_766);
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
});
