import type { Status, StreamType } from './api.js';
import { durationText, statusText } from './status-text.js';

const aType = (changes: Partial<StreamType> = {}): StreamType => ({
  type: 'CDS',
  wildcard: true,
  subscribed: 3,
  intendedVersion: 'aaaa',
  acknowledgedVersion: 'aaaa',
  waiting: 0,
  unacknowledged: 0,
  refused: [],
  ...changes,
});

const aStatus = (...types: readonly StreamType[]): Status => ({
  version: '0.1.0',
  startedAt: '2026-01-01T00:00:00.000Z',
  uptimeSeconds: 3723.4,
  logs: [{ name: 'registry', id: 'f00d', shards: 32, events: 7, tips: [] }],
  projections: [
    { name: 'mesh', lagEvents: 0 },
    { name: 'registry-1', lagEvents: 12 },
  ],
  counts: { namespaces: 1, services: 2, aliases: 0, instances: 3 },
  sections: {
    xds: {
      streams: [{ nodeId: 'default/web', kind: 'sidecar', userAgent: 'envoy', mode: 'delta', openedMs: 0, types }],
    },
  },
});

describe('statusText', () => {
  it('shows each type of each stream with intended and acknowledged version', () => {
    const status = aStatus(aType(), aType({ type: 'EDS', wildcard: false, acknowledgedVersion: 'bbbb' }));
    expect(statusText(status, 'http://x', false)).toBe(
      [
        'Thuban       0.1.0 at http://x, up 1h 2m',
        'Registry     1 namespaces, 2 services, 0 aliases, 3 instances',
        'Log          registry: 7 events in 32 shards, id f00d',
        'Projection   mesh: caught up',
        'Projection   registry-1: 12 events behind',
        'xDS streams  1',
        '',
        'NODE         CLIENT  MODE   TYPE  NAMES  INTENDED  ACKNOWLEDGED  STATE',
        'default/web  envoy   delta  CDS   3*     aaaa      aaaa          level',
        'default/web  envoy   delta  EDS   3      aaaa      bbbb          behind',
        '',
      ].join('\n'),
    );
  });

  it('says who tells of the streams when this process serves no xDS', () => {
    expect(statusText({ ...aStatus(), sections: {} }, 'http://x', false)).toContain('xDS streams  not of this process');
  });

  it('ends with the last refusals in the words of the proxy, and marks a type as refused while it refuses', () => {
    const nack = { message: 'weight must be\u001b[2J positive' };
    const status = aStatus(aType({ refused: ['OUTBOUND|default|echo'], nack }), aType({ type: 'LDS', nack }));
    const lines = statusText(status, 'http://x', false).split('\n');
    expect(lines.filter((line) => line.startsWith('default/web')).map((line) => line.split(/ +/).at(-1))).toEqual([
      'refused',
      'level',
    ]);
    expect(lines.slice(-4)).toEqual([
      'Last refusals',
      '  default/web CDS (OUTBOUND|default|echo): weight must be\\u{1b}[2J positive',
      '  default/web LDS: weight must be\\u{1b}[2J positive',
      '',
    ]);
  });

  it('names ten problems and counts the rest', () => {
    const problems = Array.from({ length: 12 }, (_, n) => ({
      kind: 'domain taken',
      namespace: 'default',
      text: `echo-${n} is taken`,
    }));
    const lines = statusText({ ...aStatus(), sections: { problems } }, 'http://x', false).split('\n');
    expect(lines.slice(-13, -10)).toEqual([
      'What proxies do not get as it was registered',
      '  default: echo-0 is taken',
      '  default: echo-1 is taken',
    ]);
    expect(lines.slice(-3)).toEqual(['  default: echo-9 is taken', '  and 2 more; -o json has all', '']);
  });

  it('says how an Envoy is started when there are no streams', () => {
    expect(statusText({ ...aStatus(), sections: { xds: { streams: [] } } }, 'http://x', false)).toMatch(
      /xDS streams {2}none\. .*bootstrap envoy/,
    );
  });
});

it.each([
  [0, '0s'],
  [59.9, '59s'],
  [60, '1m 0s'],
  [3600, '1h 0m'],
  [90_061, '1d 1h'],
])('durationText(%d) is %s', (seconds, expected) => expect(durationText(seconds)).toBe(expected));
