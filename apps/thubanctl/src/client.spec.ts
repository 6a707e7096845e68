import { answerError, pathOf } from './client.js';

const SERVER = 'http://127.0.0.1:8090';

describe('answerError', () => {
  it.each([
    [404, 1],
    [409, 4],
    [412, 4],
    [400, 6],
    [413, 6],
    [422, 6],
    [429, 5],
    [500, 5],
    [503, 5],
  ])('of a problem with status %i ends in %i', (status, exitCode) => {
    expect(answerError(status, '{"detail":"no such instance"}', SERVER)).toMatchObject({
      exitCode,
      message: 'no such instance',
    });
  });

  it('names each field that was refused', () => {
    const problem = {
      title: 'Bad Request',
      detail: '2 fields are invalid',
      errors: [
        { field: 'port', message: 'above 65535' },
        { field: 'weight', message: 'below 0' },
      ],
    };
    expect(answerError(400, JSON.stringify(problem), SERVER).message).toBe(
      '2 fields are invalid\n  port: above 65535\n  weight: below 0',
    );
  });

  it('says a field once when the detail says the same', () => {
    const problem = {
      detail: 'port must be below 65536',
      errors: [{ field: 'port', message: 'port must be below 65536' }],
    };
    expect(answerError(400, JSON.stringify(problem), SERVER).message).toBe('port must be below 65536');
  });

  it.each(['<html>', '', '"text"', 'null'])('does not take %p for an answer of Thuban', (text) => {
    expect(answerError(404, text, SERVER)).toMatchObject({
      exitCode: 5,
      message: 'http://127.0.0.1:8090 answered 404 without a problem document. Is it a Thuban server?',
    });
  });
});

describe('pathOf', () => {
  it('encodes each part, so that a slash of a name does not divide the path', () => {
    expect(pathOf('v1', 'namespaces', 'a b', 'services', 'team/echo?')).toBe(
      '/v1/namespaces/a%20b/services/team%2Fecho%3F',
    );
  });
});
