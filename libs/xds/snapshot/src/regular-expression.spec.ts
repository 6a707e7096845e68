import fc from 'fast-check';
import { readExpression } from './regular-expression.js';

const matches = (expression: string, text: string): boolean => {
  const read = readExpression(expression);
  if (!read.ok) throw new Error(read.problem);
  return read.expression.matches(text);
};

describe('regular expressions', () => {
  it.each([
    ['v[12]', ['v1', 'v2'], ['v3', 'av1', 'v1b', 'v', '']],
    ['', [''], ['x']],
    ['a|bc|', ['a', 'bc', ''], ['ab', 'abc']],
    ['(?i)prod', ['PROD', 'Prod'], ['prods']],
    ['(?:a|b){2,3}', ['ab', 'bab'], ['a', 'abab']],
    ['a{2,}', ['aa', 'aaaaa'], ['a']],
    ['\\d+\\.\\d+', ['1.2', '10.20'], ['1x2', '.2']],
    ['[^-a-c\\]]+', ['xyz'], ['a', '-', ']']],
    ['[a-]+', ['a-a'], ['b']],
    ['^v1$', ['v1'], ['v1\n']],
    ['.*', ['', 'abc'], ['a\nb']],
    ['(?s).*', ['a\nb'], []],
    ['\\bx\\b.*', ['x', 'x y'], ['xy']],
    ['\\p{Lu}\\P{Lu}', ['Ab'], ['AB']],
    ['\\x41\\.', ['A.'], ['Ab']],
    ['(a*)*b', ['b', 'aab'], ['a']],
  ])('%s takes a whole text', (expression, yes, no) => {
    for (const text of yes) expect([text, matches(expression, text)]).toEqual([text, true]);
    for (const text of no) expect([text, matches(expression, text)]).toEqual([text, false]);
  });

  it.each([
    '(',
    ')',
    '[a',
    'a**',
    '*',
    '(?=a)',
    '(?P<n>a)',
    '\\1',
    'a{3,2}',
    '(a{100}){100}',
    '(a{500}b{9}){1000}',
    '\\',
  ])('%s is refused, as RE2 would', (expression) => {
    expect(readExpression(expression).ok).toBe(false);
  });

  it('takes time that grows with the text only', () => {
    expect(matches('(a|a)*(a|aa)+(.*a)*c', 'a'.repeat(4000))).toBe(false);
  });

  it('agrees with the expressions of the language', () => {
    const anyAtom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '(?:a|b)', '(?:ab)', '1', '\\b');
    const anyPart = fc
      .tuple(anyAtom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}', '{0,}'))
      .map(([a, r]) => (a === '\\b' ? a : a + r));
    const anyExpression = fc
      .array(fc.array(anyPart, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
      .map((rows) => rows.map((row) => row.join('')).join('|'));
    const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 8 });
    fc.assert(
      fc.property(anyExpression, anyText, (expression, text) => {
        expect(matches(expression, text)).toBe(new RegExp(`^(?:${expression})$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
