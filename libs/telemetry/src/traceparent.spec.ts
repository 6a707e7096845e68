import fc from 'fast-check';
import { parseTraceparent, traceparentOf } from './traceparent.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((text) => !/^0+$/.test(text));

describe('a traceparent', () => {
  it.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-03`, true],
    [`00-${traceId}-${spanId}-02`, false],
    [`cc-${traceId}-${spanId}-01-what-comes-later`, true],
    [`01-${traceId}-${spanId}-09`, true],
  ])('%s is one', (text, sampled) => expect(parseTraceparent(text)).toEqual({ traceId, spanId, sampled }));

  it.each([
    '',
    '00',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}-01\n`,
    `ff-${traceId}-${spanId}-01`,
    `01-${traceId}-${spanId}-01more`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    ` 00-${traceId}-${spanId}-01`,
    `00-${traceId}x-${spanId}-01`,
    undefined,
  ])('%j is none', (text) => expect(parseTraceparent(text)).toBeUndefined());

  it('is read as it was written', () =>
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (trace, span, sampled) => {
        const context = { traceId: trace, spanId: span, sampled };
        expect(parseTraceparent(traceparentOf(context))).toEqual(context);
      }),
    ));

  it('of any text is none or well formed', () =>
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        const context = parseTraceparent(text);
        if (context) expect(text).toContain(`${context.traceId}-${context.spanId}`);
      }),
    ));
});
