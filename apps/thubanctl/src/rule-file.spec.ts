import { EXIT } from './ctl-error.js';
import { rulePutsOf } from './rule-file.js';

const RULE = 'id: canary\nname: canary\nseq: 3\ncreatedAt: x\nchangedAt: y\n';

describe('a file of rules', () => {
  it('is YAML with one rule, put under its id without what the server adds', () =>
    expect(rulePutsOf(RULE, 'f')).toEqual([
      { method: 'PUT', path: '/v1/routing-rules/canary', body: { name: 'canary' } },
    ]));

  it('is JSON too, and a rule without an id gets one', () =>
    expect(rulePutsOf('{"name":"canary"}', 'f')).toEqual([
      { method: 'POST', path: '/v1/routing-rules', body: { name: 'canary' } },
    ]));

  it('is several: documents, a list, a page of a list', () => {
    const paths = (text: string) => rulePutsOf(text, 'f').map(({ path }) => path);
    const both = ['/v1/routing-rules/a', '/v1/routing-rules/b%2Fc'];
    expect(paths('---\nid: a\n---\nid: b/c\n---\n')).toEqual(both);
    expect(paths('- id: a\n- id: b/c\n')).toEqual(both);
    expect(paths('{"items":[{"id":"a"},{"id":"b/c"}]}')).toEqual(both);
  });

  it('holds routings of services', () =>
    expect(rulePutsOf('namespace: default\nservice: echo\ninbounds: []\nrevision: r\n', 'f')).toEqual([
      { method: 'PUT', path: '/v1/service-routings/default/echo', body: { inbounds: [] } },
    ]));

  it.each([
    ['a: [', 'f is neither YAML nor JSON'],
    ['', 'f holds no rules'],
    ['just text', 'f holds something that is no rule'],
    ['namespace: default\ninbounds: []', 'f: a routing of a service needs its service.'],
  ])('%j is refused in a sentence', (text, sentence) =>
    expect(() => rulePutsOf(text, 'f')).toThrow(
      expect.objectContaining({ exitCode: EXIT.USAGE, message: expect.stringContaining(sentence) as string }),
    ),
  );
});
