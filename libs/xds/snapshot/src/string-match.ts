import type { MatchValue } from '@thuban/events';
import { readExpression } from './regular-expression.js';

/** Any value, but there must be one. */
export const ANY_VALUE = '*';

const RANGE = /^(-?\d{1,15})~(-?\d{1,15})$/;
const INTEGER = /^-?\d{1,15}$/;

/** A comparison whose text has been read. `RANGE` holds both ends. */
export type Comparison =
  | { readonly type: 'ANY' }
  | { readonly type: 'EXACT' | 'NOT_EQUALS'; readonly value: string }
  | { readonly type: 'IN' | 'NOT_IN'; readonly values: readonly string[] }
  | { readonly type: 'REGEX'; readonly text: string; readonly accepts: (value: string) => boolean }
  | { readonly type: 'RANGE'; readonly from: number; readonly to: number };

/** What was read, or why it cannot be used: reads on after the name of what is compared. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export const read = <T>(value: T): Read<T> => ({ ok: true, value });
export const unreadable = (problem: string): { readonly ok: false; readonly problem: string } => ({
  ok: false,
  problem,
});

const distinct = (list: string): readonly string[] => [...new Set(list.split(','))];

/** Reads a comparison with a text. What compares with the caller's own parameters or environment cannot be known here. */
export const readComparison = ({ type, valueType, value }: MatchValue): Read<Comparison> => {
  if (valueType !== 'TEXT')
    return unreadable(`compares with a ${valueType}, which only an SDK inside the caller knows`);
  if (value === ANY_VALUE || value === '') return read({ type: 'ANY' });
  switch (type) {
    case 'EXACT':
    case 'NOT_EQUALS':
      return read({ type, value });
    case 'IN':
    case 'NOT_IN':
      return read({ type, values: distinct(value) });
    case 'REGEX': {
      const result = readExpression(value);
      if (!result.ok)
        return unreadable(`has the regular expression ${value}, which Envoy would refuse: it ${result.problem}`);
      return read({ type, text: value, accepts: result.expression.matches });
    }
    case 'RANGE': {
      const [, from, to] = RANGE.exec(value) ?? [];
      if (from === undefined) return unreadable(`has the range ${value}, which is not min~max`);
      return read({ type, from: Number(from), to: Number(to) });
    }
  }
};

/** Whether a value that is there passes, as in every SDK; what is not there passes nothing. */
export const accepts = (comparison: Comparison, value: string): boolean => {
  switch (comparison.type) {
    case 'ANY':
      return true;
    case 'EXACT':
      return value === comparison.value;
    case 'NOT_EQUALS':
      return value !== comparison.value;
    case 'IN':
      return comparison.values.includes(value);
    case 'NOT_IN':
      return !comparison.values.includes(value);
    case 'REGEX':
      return comparison.accepts(value);
    case 'RANGE':
      return INTEGER.test(value) && comparison.from <= Number(value) && Number(value) <= comparison.to;
  }
};
