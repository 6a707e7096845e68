import { parseMysqlUrl } from './address.js';

describe('parseMysqlUrl', () => {
  it('reads every part, and decodes it', () =>
    expect(parseMysqlUrl('mysql://me%40home:p%23ss@[::1]:3307/th%75ban')).toEqual({
      ok: true,
      address: {
        host: '::1',
        port: 3307,
        user: 'me@home',
        password: 'p#ss',
        database: 'thuban',
        where: 'mysql://me@home@[::1]:3307/thuban',
      },
    }));

  it('takes root and 3306 for what is absent', () =>
    expect(parseMysqlUrl('mysql://db/thuban')).toMatchObject({
      address: { host: 'db', port: 3306, user: 'root', password: '', where: 'mysql://root@db:3306/thuban' },
    }));

  it.each([
    ['', 'is not of the form'],
    ['db:3306/thuban', 'is not of the form'],
    ['http://db/thuban', 'is not of the form'],
    ['mysql:///thuban', 'is not of the form'],
    ['mysql://db', 'names no database'],
    ['mysql://db/', 'names no database'],
    ['mysql://db/a/b', 'names no database'],
    ['mysql://me:se%cret@db/thuban', 'write %25 for the sign itself'],
  ])('refuses %s and repeats no password', (text, part) => {
    const parsed = parseMysqlUrl(text);
    expect(parsed).toEqual({ ok: false, sentence: expect.stringContaining(part) });
    expect(JSON.stringify(parsed)).not.toContain('cret');
  });
});
