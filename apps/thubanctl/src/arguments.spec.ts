import fc from 'fast-check';
import { collectPairs, hostPort, parseHostPort, parseInteger, parseServiceName } from './arguments.js';

describe('parseServiceName', () => {
  it('divides at the first slash, as a service name may hold slashes', () => {
    expect(parseServiceName('default/team/echo')).toEqual({ namespace: 'default', service: 'team/echo' });
  });

  it.each(['', 'echo', '/echo', 'default/', '/'])('refuses %p', (text) => {
    expect(() => parseServiceName(text)).toThrow('namespace/service');
  });
});

describe('parseHostPort', () => {
  it.each([
    ['127.0.0.1:8081', { host: '127.0.0.1', port: 8081 }],
    ['echo.local:1', { host: 'echo.local', port: 1 }],
    ['[::1]:65535', { host: '::1', port: 65535 }],
  ])('reads %s', (text, expected) => {
    expect(parseHostPort(text)).toEqual(expected);
  });

  it.each(['127.0.0.1', ':8081', '::1:80', 'host:', 'host:0', 'host:65536', 'host:8o', 'a b:1', '[::1]80'])(
    'refuses %p',
    (text) => {
      expect(() => parseHostPort(text)).toThrow();
    },
  );

  it('reads back what hostPort writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65535 }), (host, port) => {
        expect(parseHostPort(hostPort({ host, port }))).toEqual({ host, port });
      }),
    );
  });
});

describe('parseInteger', () => {
  it('takes whole numbers within the bounds, bounds included', () => {
    expect([0, 10000].map((n) => parseInteger(0, 10000)(String(n)))).toEqual([0, 10000]);
  });

  it.each(['-1', '10001', '1.5', '1e3', '0x10', '', ' 1'])('refuses %p', (text) => {
    expect(() => parseInteger(0, 10000)(text)).toThrow('whole number from 0 to 10000');
  });
});

describe('metadata pairs', () => {
  it('keeps equals signs and commas of the value, and the last of a repeated key', () => {
    expect(collectPairs('a=3', collectPairs('b=x=y,z', collectPairs('a=1', undefined)))).toEqual({
      a: '3',
      b: 'x=y,z',
    });
  });

  it('takes __proto__ for a key like any other', () => {
    const pairs = collectPairs('__proto__=x', undefined);
    expect(Object.entries(pairs)).toEqual([['__proto__', 'x']]);
  });

  it.each(['a', '=x'])('refuses %p', (text) => {
    expect(() => collectPairs(text, undefined)).toThrow('key=value');
  });
});
