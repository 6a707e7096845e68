import { NACK_MESSAGE_CHARS_MAX, verdictOn } from './index.js';
import { nackOf } from './verdict.js';

const error = { code: 13, message: 'bad' };

it.each([
  ['R13: no nonce', { responseNonce: '' }, '7', 'FIRST'],
  ['R13: a nonce of another replica, before anything was sent here', { responseNonce: '99' }, '', 'FIRST'],
  ['R12: an older nonce', { responseNonce: '6' }, '7', 'STALE'],
  ['R12: an older nonce with an error', { responseNonce: '6', errorDetail: error }, '7', 'STALE'],
  ['the last nonce', { responseNonce: '7' }, '7', 'ACK'],
  ['R11: the last nonce with an error', { responseNonce: '7', errorDetail: error }, '7', 'NACK'],
  [
    'R11: an error of code 0 is an error too',
    { responseNonce: '7', errorDetail: { code: 0, message: '' } },
    '7',
    'NACK',
  ],
] as const)('%s', (_, request, sent, verdict) => expect(verdictOn(request, sent)).toBe(verdict));

it('R39: keeps a refusal with its nonce and names, its text cut', () => {
  const nack = nackOf({ code: 3, message: 'x'.repeat(10_000) }, '7', ['a'], 5);
  expect(nack).toMatchObject({ timeMs: 5, code: 3, nonce: '7', names: ['a'] });
  expect(nack.message).toHaveLength(NACK_MESSAGE_CHARS_MAX);
});
