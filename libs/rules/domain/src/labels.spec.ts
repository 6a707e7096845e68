import fc from 'fast-check';
import { labelOf, requestPartOf } from './labels.js';

describe('labels of the first form', () => {
  it.each([
    ['$path', 'PATH', ''],
    ['$method', 'METHOD', ''],
    ['$caller_ip', 'CALLER_IP', ''],
    ['$header.x-user', 'HEADER', 'x-user'],
    ['$query.page', 'QUERY', 'page'],
    ['$cookie.id', 'COOKIE', 'id'],
    ['$caller_metadata.zone', 'CALLER_METADATA', 'zone'],
    ['env', 'CUSTOM', 'env'],
  ] as const)('%s stands for %s %s', (label, type, key) => {
    expect(labelOf({ type, key })).toBe(label);
    expect(requestPartOf(label)).toEqual({ type, key });
  });

  it('every label means one thing', () =>
    fc.assert(fc.property(fc.string(), (label) => expect(labelOf(requestPartOf(label))).toBe(label))));
});
