import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { RulesEvent } from '@thuban/events';
import { foldInto, type Recorded } from '@thuban/event-sourcing';
import { polaris } from '@thuban/proto';
import { createRulesState, evolve, validateRouteRule } from '@thuban/rules-domain';
import { rulesAnswers } from './rules-answers.js';

const created = (with_: object): RulesEvent => {
  const read = validateRouteRule({ id: 'r-1', namespace: 'default', name: 'canary', ...with_ });
  if (!read.ok) throw new Error(read.message);
  return { type: 'RouteRuleCreated', data: read.value };
};
const EVERYTHING = created({
  branches: [
    {
      name: 'gray',
      sources: [
        {
          service: 'web',
          arguments: [
            { type: 'PATH', value: { type: 'REGEX', value: '/pay/.*' } },
            { type: 'METHOD', value: { type: 'NOT_EQUALS', value: 'GET' } },
            { type: 'HEADER', key: 'x-user', value: { type: 'IN', value: 'a,b' } },
            { type: 'QUERY', key: 'page', value: { type: 'RANGE', value: '1~9' } },
            { type: 'COOKIE', key: 'id', value: { type: 'NOT_IN', value: 'x' } },
            { type: 'CALLER_IP', value: { value: '10.0.0.1' } },
            { type: 'CALLER_METADATA', key: 'zone', value: { valueType: 'VARIABLE', value: 'ZONE' } },
            { type: 'CUSTOM', key: 'env', value: { valueType: 'PARAMETER', value: 'env' } },
          ],
        },
      ],
      destinations: [
        {
          service: 'echo',
          name: 'new',
          labels: { version: { value: 'v2' } },
          priority: 1,
          weight: 0,
          isolated: true,
          transfer: 'old',
        },
        { service: 'echo' },
      ],
    },
  ],
});

const world = (logId = 'log-1') => {
  const state = createRulesState();
  let seq = 0;
  const answers = rulesAnswers({ state, logId });
  return {
    answers,
    happens: (...events: RulesEvent[]) =>
      foldInto(
        state,
        evolve,
        events.map((event) => ({ ...event, shard: 0, seq: ++seq, timeMs: seq }) as Recorded<RulesEvent>),
      ),
    json: (service: string) =>
      toJson(
        polaris.DiscoverResponseSchema,
        fromBinary(polaris.DiscoverResponseSchema, answers.bytes('default', service)),
      ),
  };
};

describe('the routing that Discover gives', () => {
  it('holds labels for what a request carries, and every field of a destination', () => {
    const { answers, happens, json } = world();
    happens(EVERYTHING);
    const exact = (value: string) => ({ value });
    expect(json('echo')).toEqual({
      routing: {
        namespace: 'default',
        service: 'echo',
        revision: answers.revision('default', 'echo'),
        inbounds: [
          {
            sources: [
              {
                namespace: 'default',
                service: 'web',
                metadata: {
                  $path: { type: 'REGEX', value: '/pay/.*' },
                  $method: { type: 'NOT_EQUALS', value: 'GET' },
                  '$header.x-user': { type: 'IN', value: 'a,b' },
                  '$query.page': { type: 'RANGE', value: '1~9' },
                  '$cookie.id': { type: 'NOT_IN', value: 'x' },
                  $caller_ip: exact('10.0.0.1'),
                  '$caller_metadata.zone': { valueType: 'VARIABLE', value: 'ZONE' },
                  env: { valueType: 'PARAMETER', value: 'env' },
                },
              },
            ],
            destinations: [
              {
                namespace: 'default',
                service: 'echo',
                name: 'canary.gray.new',
                metadata: { version: exact('v2') },
                priority: 1,
                weight: 0,
                transfer: 'old',
                isolate: true,
              },
              {
                namespace: 'default',
                service: 'echo',
                name: 'canary.gray',
                priority: 0,
                weight: 100,
                transfer: '',
                isolate: false,
              },
            ],
          },
        ],
      },
    });
    expect(json('web')).toMatchObject({ routing: { outbounds: [{ sources: [{ service: 'web' }] }] } });
  });

  it('moves for the services of a rule only', () => {
    const { answers, happens } = world();
    happens(EVERYTHING);
    const before = ['echo', 'web', 'db'].map((service) => answers.touchedSeq('default', service));
    happens(created({ id: 'r-2', branches: [{ destinations: [{ service: 'db' }] }] }));
    expect(before).toEqual([1, 1, 0]);
    expect(['echo', 'web', 'db'].map((service) => answers.touchedSeq('default', service))).toEqual([1, 1, 2]);
  });

  it('has revisions that do not come back: after the last rule goes, and on another log', () => {
    const { answers, happens, json } = world();
    const revisions = new Set<string>();
    for (const event of [EVERYTHING, { type: 'RouteRuleDeleted', data: { id: 'r-1' } } as const, EVERYTHING]) {
      happens(event);
      revisions.add(answers.revision('default', 'echo'));
    }
    expect(json('echo')).toMatchObject({ routing: { inbounds: [{}] } });
    const other = world('log-2');
    other.happens(EVERYTHING);
    revisions.add(other.answers.revision('default', 'echo'));
    expect(revisions.size).toBe(4);
  });
});
