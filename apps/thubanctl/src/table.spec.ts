import { displayWidth, paint, printable, table } from './table.js';
import type { Column } from './table.js';

interface Row {
  readonly name: string;
  readonly n: number;
}
const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'N', text: ({ n }) => (n === 0 ? '' : String(n)), paint: ({ n }) => (n > 1 ? 'green' : undefined) },
];

describe('table', () => {
  it('aligns columns by what a terminal shows, not by code units', () => {
    const rows = [
      { name: '订单服务', n: 1 },
      { name: 'e\u0301cho', n: 22 },
      { name: 'x', n: 0 },
    ];
    expect(table(COLUMNS, rows, false)).toBe('NAME      N\n订单服务  1\ne\u0301cho      22\nx         -\n');
  });

  it('colours only when asked', () => {
    expect(table(COLUMNS, [{ name: 'a', n: 2 }], true)).toContain('\u001b[32m2\u001b[0m');
    expect(table(COLUMNS, [{ name: 'a', n: 2 }], false)).not.toContain('\u001b');
    expect(paint(true, 'red', '')).toBe('');
  });

  it('shows control characters instead of sending them to the terminal', () => {
    expect(printable('a\u001b[2Jb\u202ec\n')).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{a}');
    expect(table(COLUMNS, [{ name: '\u001b]0;x\u0007', n: 1 }], false)).not.toContain('\u001b');
  });

  it('counts two columns for East-Asian characters and none for marks', () => {
    expect(['a', '服', 'ｱ', '！', 'e\u0301', '한'].map(displayWidth)).toEqual([1, 2, 1, 2, 1, 2]);
  });
});
