import fc from 'fast-check';
import { regularExpressionProblem } from './regular-expression.js';

describe('the regular expressions that every reader takes', () => {
  it.each([
    '',
    'abc',
    '^/api/v[12]/.*$',
    '(?i)gray',
    'a(?:b|c)+?d{2,5}',
    '[^a-z0-9_.-]+',
    '\\d+\\.\\d+',
    '\\p{L}\\P{Nd}',
    'x}',
    '[&]',
    '\\x41',
    '(?s:.)|',
    '日本.*',
  ])('%s is one', (text) => expect(regularExpressionProblem(text)).toBeUndefined());

  it.each([
    ['(', 'has a ( without a )'],
    [')', 'has a ) without a ('],
    ['a**', 'has a * with nothing to repeat'],
    ['*a', 'has a * with nothing to repeat'],
    ['a++', 'has a + with nothing to repeat'],
    ['|*', 'has a * with nothing to repeat'],
    ['(?=a)', 'has a group of a kind that RE2 has not'],
    ['(?<!a)b', 'has a group of a kind that RE2 has not'],
    ['(?P<name>a)', 'has a group of a kind that RE2 has not'],
    ['(a)\\1', 'refers back to a group (\\1)'],
    ['\\Qa\\E', 'has the unknown escape \\Q'],
    ['\\', 'ends with a \\'],
    ['a{1001}', 'repeats more than 1000 times'],
    ['a{3,2}', 'has the empty repetition {3,2}'],
    ['a{x}', 'has a { that is no repetition'],
    ['[a', 'has a [ without a ]'],
    ['[]', 'has an empty class'],
    ['[z-a]', 'has a range in a class that is empty'],
    ['[a[b]]', 'has a [ in a class'],
    ['[a&&b]', 'has && in a class'],
    ['\\p{Greek}', 'has a \\p of an unknown category'],
    ['\\pL', 'has a \\p of an unknown category'],
    ['\\xg', 'has a \\x without two hexadecimal digits'],
    ['('.repeat(200) + ')'.repeat(200), 'nests groups deeper than 100'],
  ])('%s is none', (text, problem) => expect(regularExpressionProblem(text)).toContain(problem));

  const letters = fc.string({ unit: fc.constantFrom(...'ab01(|)[]^$*+?{},-\\dwsn.:'), maxLength: 12 });

  it('what is taken compiles in an engine of another family too', () =>
    fc.assert(
      fc.property(letters, (text) => {
        if (regularExpressionProblem(text) === undefined) new RegExp(text, 's');
      }),
      { numRuns: 5_000 },
    ));

  it('never throws and always ends', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 64 }), (text) =>
        expect(['string', 'undefined']).toContain(typeof regularExpressionProblem(text)),
      ),
    ));
});
