import { z } from 'zod';

/** A whole number in a query string. */
export const wholeNumber = (min: number, max: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value),
    z
      .number({ error: 'must be a whole number' })
      .int()
      .min(min, `must be at least ${min}`)
      .max(max, `must be at most ${max}`),
  );
/** `true` or `false` in a query string. */
export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true')
  .pipe(z.boolean());
/** Any text in a query string. */
export const text = (description: string) => z.string().meta({ description });
/** `key=value`, may be given several times; all must hold. */
export const metadata = z
  .preprocess(
    (value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]),
    z.array(z.string().regex(/^[^=]+=/, 'must be key=value')),
  )
  .meta({ description: 'key=value; may be given several times, all must hold' });

/** The parameters of every list. */
export const paging = {
  limit: wholeNumber(1, 500).default(100).meta({ description: 'how many at most' }),
  cursor: text('`next` of the page before').optional(),
};
/** The parameters of lists of named things. */
export const byName = {
  name: text('exactly this name').optional(),
  namePrefix: text('names that begin so').optional(),
};
