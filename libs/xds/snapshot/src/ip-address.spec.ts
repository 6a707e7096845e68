import { isIP } from 'node:net';
import fc from 'fast-check';
import { isIpAddress } from './ip-address.js';

const anyAlmostAddress = fc
  .array(fc.constantFrom('0', '1', '255', '256', '01', 'f', 'FFFF', '10000', ':', '::', '.', 'g', '1.2.3.4'), {
    maxLength: 17,
  })
  .map((parts) => parts.join(''));

describe('isIpAddress agrees with inet_pton', () => {
  it.each(['127.0.0.1', '::', '::1', '1::', 'fd00::5', '::ffff:10.0.0.1', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:1.2.3.4'])(
    'takes %s',
    (host) => {
      expect(isIP(host)).not.toBe(0);
      expect(isIpAddress(host)).toBe(true);
    },
  );

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.',
    '01.2.3.4',
    '256.1.1.1',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1.2.3.4::',
    '[::1]',
    ' 1.2.3.4',
    '::1/64',
  ])('refuses "%s"', (host) => {
    expect(isIP(host)).toBe(0);
    expect(isIpAddress(host)).toBe(false);
  });

  it('on anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), anyAlmostAddress), (host) =>
        expect(isIpAddress(host)).toBe(isIP(host) !== 0),
      ),
      { numRuns: 2000 },
    );
  });
});
