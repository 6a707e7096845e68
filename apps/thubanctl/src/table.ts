// Half-width Katakana and Hangul belong to scripts that are wide otherwise.
const WIDE =
  /(?![\uff61-\uffdc])(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation})/u;
const ZERO = /\p{Mark}|\u200b|\u200d|\ufe0f/u;
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** How many terminal columns a text takes: East-Asian characters take two, combining marks none. */
export const displayWidth = (text: string): number => {
  let width = 0;
  for (const character of text) width += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
};

/** Names and metadata come from strangers: control characters are shown, never sent to the terminal. */
export const printable = (text: string): string =>
  text.replace(CONTROL, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);

export type Paint = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
const SGR: Readonly<Record<Paint, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** Wraps a text in an ANSI colour, when colours are wanted. */
export const paint = (colour: boolean, how: Paint, text: string): string =>
  colour && text !== '' ? `\u001b[${SGR[how]}m${text}\u001b[0m` : text;

/** A column: its title, the text of a row and, when it says something, a colour. */
export interface Column<T> {
  readonly title: string;
  readonly text: (row: T) => string;
  readonly paint?: (row: T) => Paint | undefined;
}

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - displayWidth(text)));

/** Aligned lines with a title row, two blanks between columns and no trailing blanks; an empty cell shows `-`. */
export const table = <T>(columns: readonly Column<T>[], rows: readonly T[], colour: boolean): string => {
  const cells = rows.map((row) => columns.map((column) => printable(column.text(row)) || '-'));
  const widths = columns.map(({ title }, i) =>
    Math.max(displayWidth(title), ...cells.map((line) => displayWidth(line[i] ?? ''))),
  );
  const line = (texts: readonly string[], styles: readonly (Paint | undefined)[]): string =>
    texts
      .map((text, i) => {
        const full = i === texts.length - 1 ? text : padded(text, widths[i] ?? 0);
        const style = styles[i];
        return style === undefined ? full : paint(colour, style, full);
      })
      .join('  ')
      .replace(/ +$/, '');
  return [
    line(
      columns.map(({ title }) => title),
      columns.map(() => 'dim'),
    ),
    ...rows.map((row, r) =>
      line(
        cells[r] ?? [],
        columns.map((column) => column.paint?.(row)),
      ),
    ),
  ]
    .map((text) => `${text}\n`)
    .join('');
};
